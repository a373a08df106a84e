package acceptance

import (
	"encoding/json"
	"net/http"
	"testing"
)

// A search that is given the token of a write sees it.
func TestReadYourWrites(t *testing.T) {
	t.Parallel()
	s := newShop(t, 50)
	v := s.startReady(t)
	const path = "/v1/products/NEW-1"
	// shown is what a search with a token shows of the product.
	shown := func(token string) (found bool, fields map[string]json.RawMessage) {
		t.Helper()
		p, err := v.search("q", "NEW-1", "consistency", token, "wait_ms", "2000", "strict", "true")
		for n := 0; err != nil && n < 30; n++ { // strict refuses rather than answers stale
			p, err = v.search("q", "NEW-1", "consistency", token, "wait_ms", "2000", "strict", "true")
		}
		if err != nil || p.Index.Stale {
			t.Fatalf("search: stale %t, %v", p.Index.Stale, err)
		}
		for _, h := range p.Hits {
			if h.ID == "NEW-1" {
				return true, h.Product
			}
		}
		return false, nil
	}
	expect := func(step, token, field, want string) {
		t.Helper()
		if found, fields := shown(token); !found || string(fields[field]) != want {
			t.Errorf("%s: found %t with %s %s, want %s", step, found, field, fields[field], want)
		}
	}
	for n, name := range []string{"Brass oil lamp", "Copper oil lamp", "Tin oil lamp"} { // each at once after the last
		token := v.write(t, http.MethodPut, path, "", nil,
			map[string]any{"name": name, "status": "published", "price": map[string]any{"amount": 100 + n, "currency": "EUR"}})
		expect("put", token, "title", `"`+name+`"`)
	}
	token := v.write(t, http.MethodPatch, path, "", []string{"Content-Type", "application/merge-patch+json"},
		map[string]any{"price": map[string]any{"amount": 777}})
	expect("patch", token, "price", `{"amount":777,"currency":"EUR"}`)

	if _, err := s.orders.SetStock(t.Context(), "NEW-1", 5); err != nil {
		t.Fatal(err)
	}
	for left := 4; left >= 0; left-- {
		token = v.write(t, http.MethodPost, "/v1/orders", token, []string{"Idempotency-Key", "key-" + string(rune('0'+left))},
			map[string]any{"customer": "reader", "lines": []any{map[string]any{"product": "NEW-1", "quantity": 1}}})
		expect("order", token, "stock", string(rune('0'+left)))
	}
	expect("last piece sold", token, "in_stock", "false")
	code, err := v.call(http.MethodPost, "/v1/orders", []string{"Idempotency-Key", "one-too-many"},
		map[string]any{"customer": "reader", "lines": []any{map[string]any{"product": "NEW-1", "quantity": 1}}}, nil)
	if code != http.StatusConflict || err != nil {
		t.Errorf("order of what is sold out: got %d, %v, want 409", code, err)
	}
	token = v.write(t, http.MethodPatch, path, token, []string{"Content-Type", "application/merge-patch+json"},
		map[string]any{"status": "draft"})
	if found, _ := shown(token); found {
		t.Error("an unpublished product is still found")
	}
	token = v.write(t, http.MethodPatch, path, token, []string{"Content-Type", "application/merge-patch+json"},
		map[string]any{"status": "published"})
	expect("published again", token, "stock", "0")
	token = v.write(t, http.MethodDelete, path, token, nil, nil)
	if found, _ := shown(token); found {
		t.Error("a deleted product is still found")
	}
	s.mustEqual(t, v)
}
