package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
)

// walk follows an answer's cursors to the end. page gets every page, the first
// one too, and ends the walk by false. The server repeats no cursor's query, so
// only the cursor and the page's size are sent.
func (s Search) walk(ctx context.Context, query url.Values, page func(*answer) bool) error {
	a, err := s.ask(ctx, query)
	for err == nil && page(a) && a.Next != nil {
		a, err = s.ask(ctx, url.Values{"cursor": {*a.Next}, "limit": query["limit"]})
	}
	return err
}

// walkAll walks through all products and reports every one that does not come
// exactly once. Where writers run, what is shown may differ from the documents.
func (r *run) walkAll(ctx context.Context, w Walk, compareShown bool) error {
	query := url.Values{"limit": {fmt.Sprint(w.Limit)}}
	if w.Sort != "" {
		query.Set("sort", w.Sort)
	}
	name := "walk " + query.Encode()
	seen := make(map[string]int, r.shop.Len())
	keyset, pages := 0, 0
	inStock := map[string]bool{}
	// More pages than there can be: a cursor that goes round would never end.
	most := 2 + 2*r.shop.Len()/w.Limit
	err := r.config.Search.walk(ctx, query, func(a *answer) bool {
		pages++
		if a.Paging == "keyset" {
			keyset++
		}
		if a.Total != r.shop.Len() {
			r.differ("%s, page %d: total is %d, want %d", name, pages, a.Total, r.shop.Len())
		}
		if (len(a.Hits) == 0 || len(a.Hits) < w.Limit && a.Next != nil) && r.shop.Len() > 0 {
			r.differ("%s, page %d: %d hits though the walk goes on", name, pages, len(a.Hits))
		}
		for _, h := range a.Hits {
			seen[h.ID]++
			inStock[h.ID] = r.shown(name, h, compareShown)
		}
		return pages <= most
	})
	if err != nil {
		return fmt.Errorf("%s, after page %d: %w", name, pages, err)
	}
	n := len(seen)
	r.checkOnce(name, seen)
	if compareShown {
		r.shop.inStock = inStock
	}
	r.note("%s: %d products on %d pages, %d of them by keyset", name, n, pages, keyset)
	return nil
}

func (r *run) checkOnce(name string, seen map[string]int) {
	for _, it := range r.shop.products {
		if n := seen[it.ID]; n != 1 {
			r.differ("%s: product %q came %d times, want once", name, it.ID, n)
		}
		delete(seen, it.ID)
	}
	for id := range seen {
		r.differ("%s: product %q came, but no document says so", name, id)
	}
}

// shown compares what a hit shows with the document, and says whether it is in
// stock.
func (r *run) shown(name string, h hit, compare bool) (inStock bool) {
	var got map[string]json.RawMessage
	if err := json.Unmarshal(h.Product, &got); err != nil {
		r.differ("%s: product %q is shown as %.200s: %v", name, h.ID, h.Product, err)
		return false
	}
	inStock = string(got["in_stock"]) == "true"
	it := r.shop.byID[h.ID]
	if !compare || it == nil {
		return inStock
	}
	var want map[string]json.RawMessage
	if err := json.Unmarshal(it.Display, &want); err != nil {
		r.differ("%s: product %q: %v", name, h.ID, err)
	}
	for field, value := range want {
		if !sameJSON(got[field], value) {
			r.differ("%s: product %q shows %s %.200s, want %.200s", name, h.ID, field, got[field], value)
		}
	}
	if extra := len(got) - len(want); extra != 2 { // in_stock and stock
		r.differ("%s: product %q shows %d fields that are not in its document, want 2", name, h.ID, extra)
	}
	return inStock
}

func sameJSON(a, b json.RawMessage) bool {
	var ca, cb bytes.Buffer
	return json.Compact(&ca, a) == nil && json.Compact(&cb, b) == nil && bytes.Equal(ca.Bytes(), cb.Bytes())
}
