package replication

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aisle-search/aisle/internal/netfault"
	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/orders/orderstest"
)

// silence is how long a line may be silent in the tests that freeze one: short, and
// still longer than a busy machine stands still.
const silence = 8 * time.Second

// frozenFollower follows a database over a line that can freeze, and has little
// patience.
func frozenFollower(t *testing.T, db orderstest.DB) (*follower, *netfault.Proxy) {
	t.Helper()
	line, url, err := netfault.Behind(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Silence = silence
	f := &follower{mirror: newMirror(), source: NewSource(cfg, url)}
	t.Cleanup(func() {
		line.Heal()
		f.source.Close()
		line.Close()
	})
	return f, line
}

// TestFrozenStream: a line that freezes without a word ends the stream with
// ErrSilent; healed, it goes on where it was.
func TestFrozenStream(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	f, line := frozenFollower(t, db)
	f.snapshot(t)
	f.stream(t, f.start)
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	f.caughtUp(t, db)
	line.Freeze()
	orderstest.Stock(t, store, map[string]int64{"p1": 50})
	if err := f.broken(t); !errors.Is(err, ErrSilent) || NeedsSnapshot(err) || NeedsOperator(err) {
		t.Errorf("got %v, want ErrSilent, which passes", err)
	}
	line.Heal()
	f.stream(t, f.position())
	f.equals(t, db, stockSQL, linesSQL)
	f.stop(t)
}

// TestFrozenSnapshot: a line that freezes before or during a snapshot ends it, and
// the next one is whole.
func TestFrozenSnapshot(t *testing.T) {
	t.Parallel()
	for _, phase := range []string{"before", "during"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			db, store := orderstest.Shop(t)
			orderstest.Stock(t, store, map[string]int64{"p1": 100})
			db.Exec(t, `insert into stock (product_id, on_hand) select 'x' || i, i from generate_series(1, 50000) i`)
			f, line := frozenFollower(t, db)
			if phase == "before" {
				line.Freeze()
			}
			_, err := f.source.Snapshot(t.Context(), time.Time{}, func(Change) error {
				line.Freeze()
				return nil
			})
			if !errors.Is(err, ErrSilent) || NeedsSnapshot(err) || NeedsOperator(err) {
				t.Errorf("got %v, want ErrSilent, which passes", err)
			}
			line.Heal()
			f.snapshot(t)
			f.stream(t, f.start)
			f.equals(t, db, stockSQL, linesSQL)
			f.stop(t)
		})
	}
}

// TestLongSilenceOfLivingServer: a snapshot that has to wait for a transaction of
// somebody else waits, however long, as long as the server answers.
func TestLongSilenceOfLivingServer(t *testing.T) {
	t.Parallel()
	db, store := orderstest.Shop(t)
	orderstest.Stock(t, store, map[string]int64{"p1": 100})
	tx, err := db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `update stock set on_hand = 7`); err != nil {
		t.Fatal(err)
	}
	f, _ := frozenFollower(t, db)
	done := make(chan error, 1)
	go func() {
		start, err := f.source.Snapshot(t.Context(), time.Time{}, f.apply)
		f.start, f.at, f.open = start, start, 0
		done <- err
	}()
	poll.Eventually(t, "the slot to have waited for longer than a line may be silent", func() bool {
		return orderstest.Value[bool](t, db, `select coalesce(bool_or(clock_timestamp() - query_start > make_interval(secs => $2)), false)
			from pg_stat_activity where query like 'CREATE_REPLICATION_SLOT%' and application_name = $1`, f.source.name, 1.25*silence.Seconds())
	})
	if err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	f.stream(t, f.start)
	f.equals(t, db, stockSQL, linesSQL)
	f.stop(t)
}

// TestOldSenderIsEnded: the server itself gives the slot free after a cut that it
// does not hear of, within the time it was asked to.
func TestOldSenderIsEnded(t *testing.T) {
	t.Parallel()
	db, _ := orderstest.Shop(t)
	f, line := frozenFollower(t, db)
	f.snapshot(t)
	f.stream(t, f.start)
	f.caughtUp(t, db)
	line.Freeze()
	poll.Eventually(t, "the slot is free", func() bool {
		return orderstest.Value[bool](t, db, `select not active from pg_replication_slots where slot_name = $1`, f.source.Slot())
	})
	if err := f.broken(t); err == nil {
		t.Error("the stream went on without a server")
	}
	line.Heal()
}
