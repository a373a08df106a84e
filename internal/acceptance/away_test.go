package acceptance

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/orders"

	"github.com/aisle-search/aisle/internal/poll"
)

// What happened while Aisle was down is there afterwards, deletions too, whether
// the sources can be continued or must be read anew.
func TestAway(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// lose makes it impossible to go on from the stored positions.
		lose func(t *testing.T, s *testShop)
	}{
		{"continued", func(*testing.T, *testShop) {}},
		{"change stream ended by a dropped collection", dropAndRefill},
		{"replication slot gone", dropSlot},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, 250)
			v := s.startReady(t)
			s.mustEqual(t, v)
			if code := v.stop(t); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
			tt.lose(t, s)
			changeWhileAway(t, s)
			v = s.startReady(t)
			// A rebuild serves the old products until it is done.
			poll.Eventually(t, "what was deleted is gone", func() bool {
				want, _ := s.truths(t)
				hits, _, err := v.walk()
				return err == nil && len(hits) == len(want)
			})
			s.mustEqual(t, v)
		})
	}
}

// changeWhileAway deletes, hides and changes products, and what Postgres has of
// them.
func changeWhileAway(t *testing.T, s *testShop) {
	t.Helper()
	ids := s.ids(t)
	in := func(ids []string) bson.D { return bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}} }
	if _, err := s.Products.DeleteMany(t.Context(), in(ids[:20])); err != nil {
		t.Fatal(err)
	}
	for field, of := range map[string][]string{"status": ids[20:30], "name": ids[30:40]} {
		if _, err := s.Products.UpdateMany(t.Context(), in(of), bson.D{{Key: "$set", Value: bson.D{{Key: field, Value: "changed"}}}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.SQL.Exec(t.Context(), "DELETE FROM stock WHERE product_id = ANY($1)", ids[40:50]); err != nil {
		t.Fatal(err)
	}
	var levels []orders.StockLevel
	for _, id := range ids[50:60] {
		levels = append(levels, orders.StockLevel{Product: id, OnHand: 4321})
	}
	if _, err := s.orders.SetStocks(t.Context(), levels); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SQL.Exec(t.Context(), "DELETE FROM orders WHERE id IN (SELECT order_id FROM order_lines WHERE product_id = ANY($1))", ids[60:90]); err != nil {
		t.Fatal(err)
	}
}

// dropAndRefill leaves half of the products, in a new collection of the old name.
func dropAndRefill(t *testing.T, s *testShop) {
	t.Helper()
	var all []bson.Raw
	found, err := s.Products.Find(t.Context(), bson.D{})
	if err == nil {
		err = found.All(t.Context(), &all)
	}
	if err == nil {
		err = s.Products.Drop(t.Context())
	}
	if err == nil {
		_, err = s.Products.InsertMany(t.Context(), all[:len(all)/2])
	}
	if err != nil {
		t.Fatal(err)
	}
}

// dropSlot takes away the log that Postgres keeps for Aisle.
func dropSlot(t *testing.T, s *testShop) {
	t.Helper()
	dropped := 0
	poll.Eventually(t, "the slot can be dropped", func() bool {
		tag, err := s.SQL.Exec(t.Context(), `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
			WHERE database = current_database() AND NOT active`)
		dropped += int(tag.RowsAffected())
		return err == nil && dropped > 0
	})
}
