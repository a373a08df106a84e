package indexer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
)

// logbook keeps what is logged.
type logbook struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) count(line string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), line)
}

// A line that freezes without a word makes the source broken with a reason, in status
// and metrics, with a lag that grows, and one line in the log however often it is
// tried again. It recovers by itself.
func TestFrozenSource(t *testing.T) {
	t.Parallel()
	for _, source := range []string{progress.SourceCatalog, progress.SourceOrders} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.put("P1", "price", 1)
			r.stock("P1", 1)
			at, lines := r.behindLines()
			at.Silence = 8 * time.Second // longer than a busy machine stands still
			book, metrics := new(logbook), prometheus.NewRegistry()
			r.at = at
			r.start(func(c *Config) {
				c.Logger = slog.New(slog.NewTextHandler(book, nil))
				c.Registerer = metrics
			})
			r.settle()
			frozen := time.Now()
			lines[source].Freeze()
			r.put("P1", "price", 2)
			r.stock("P1", 2)
			r.eventually("the source is broken", func() string {
				s := r.source(source)
				if s.State != progress.StateBroken || s.Reason == "" || s.Connected || s.Lag < progress.Patience {
					return fmt.Sprintf("%+v", s)
				}
				if most := time.Since(frozen) + progress.Quiet; s.Lag > most {
					t.Errorf("lag: got %v, want at most %v", s.Lag, most)
				}
				return ""
			})
			if got := gauge(t, metrics, "aisle_source_broken", source); got != 1 {
				t.Errorf("aisle_source_broken: got %v, want 1", got)
			}
			if got := gauge(t, metrics, "aisle_source_connected", source); got != 0 {
				t.Errorf("aisle_source_connected: got %v, want 0", got)
			}
			if got := len(r.ids()); got != 1 {
				t.Errorf("products served meanwhile: got %d, want 1", got)
			}
			lines[source].Heal()
			r.settle()
			r.eventually("the source is followed", func() string {
				if s := r.source(source); s.State != progress.StateStreaming || s.Lag != 0 || !s.Connected {
					return fmt.Sprintf("%+v", s)
				}
				return ""
			})
			if got := book.count("source cannot be followed"); got != 1 {
				t.Errorf("log: got %d lines of the fault, want 1", got)
			}
			r.kill()
		})
	}
}

// deafOrders are orders whose stream never says anything, so that the slot stays.
type deafOrders struct{ ordersSource }

func (d deafOrders) Stream(ctx context.Context, _ postgres.LSN, _ func(replication.Change) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// Log that the slot holds back beyond the bound is said in the status, and once in the
// log.
func TestRetainedLog(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.stock("P1", 1)
	book := new(logbook)
	const bound = 256 << 10
	watched := func(c *Config) { c.WALWarning, c.Logger = bound, slog.New(slog.NewTextHandler(book, nil)) }
	r.start()
	r.settle()
	r.kill()
	r.start(watched, func(c *Config) { c.Orders = deafOrders{c.Orders} })
	r.exec("create table noise as select i, repeat('x', 100) from generate_series(1, 20000) i")
	r.eventually("much log is held back", func() string {
		s := r.source(progress.SourceOrders)
		if s.RetainedWAL <= bound || s.WALWarning != bound || s.Behind < bound || book.count("holds back much log") != 1 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	r.kill()
	r.start(watched)
	r.settle()
}

// gauge is the value of a metric of a source.
func gauge(t *testing.T, from prometheus.Gatherer, name, source string) float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetValue() == source {
					return m.GetGauge().GetValue()
				}
			}
		}
	}
	t.Errorf("no metric %s of %s", name, source)
	return -1
}
