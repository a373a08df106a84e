package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/poll"
	"github.com/aisle-search/aisle/internal/shop"
)

// product is what the soak reads of a product.
type product struct {
	Title   string `json:"title"`
	Brand   string `json:"brand"`
	InStock bool   `json:"in_stock"`
	Stock   *int64 `json:"stock"`
	Price   *struct {
		Amount int64 `json:"amount"`
	} `json:"price"`
}

type page = client.Page[product]

// ask sends a search to a node, and is false when the node was not to be relied on.
func (r *run) ask(ctx context.Context, n *node, query url.Values) (p page, ok bool) {
	address, life, serves := n.now()
	if !serves {
		return p, false
	}
	code, err := r.at(address).Call(ctx, http.MethodGet, client.SearchPath+"?"+query.Encode(), nil, &p)
	_, later, still := n.now()
	if !still || later != life {
		return p, false // it was told to end meanwhile
	}
	switch {
	case err == nil && code == http.StatusOK:
		r.count(func(p *Report) { p.Searches++ })
		return p, true
	case err == nil && code == http.StatusServiceUnavailable && query.Get("strict") == "":
		r.count(func(p *Report) { p.Refused++ })
		if r.ready(ctx, address) {
			return p, false
		}
	}
	if _, later, still = n.now(); still && later == life {
		r.violate("search of %s for %s: status %d, %v", n.name, query.Encode(), code, err)
	}
	return p, false
}

// readyWait bounds how long a server refuses that had too much to do, or stood still.
const readyWait = 30 * time.Second

// ready tells whether an index answers at all: what was refused was too much.
func (r *run) ready(ctx context.Context, address string) bool {
	// It asks to come again later.
	ok, _ := poll.Until(ctx, readyWait, 50*time.Millisecond, func() (bool, error) {
		code, err := r.at(address).Call(ctx, http.MethodGet, client.SearchPath+"?limit=1", nil, nil)
		return err == nil && code == http.StatusOK, nil
	})
	return ok
}

// search does what one searcher does next.
func (r *run) search(ctx context.Context, rng *rand.Rand) {
	n := r.nodes[rng.IntN(len(r.nodes))]
	switch rng.IntN(40) {
	case 0:
		r.walk(ctx, n, rng)
	case 1, 2, 3, 4, 5:
		r.filtered(ctx, n, rng)
	case 6, 7, 8, 9, 10:
		r.sorted(ctx, n)
	default:
		query := url.Values{"facets": {"brand,category"}, "facet_size": {"200"}}
		if rng.IntN(3) > 0 {
			query.Set("q", shop.Pick(rng, []string{"renamed", "replaced", "lamp", "chair", "acme", "red", "steel"}))
		}
		if p, ok := r.ask(ctx, n, query); ok {
			r.plausible(n, query, p)
		}
	}
}

// plausible checks what holds of every answer.
func (r *run) plausible(n *node, query url.Values, p page) {
	wrong := func(format string, args ...any) {
		r.violate("search of %s for %s: %s", n.name, query.Encode(), fmt.Sprintf(format, args...))
	}
	ids := map[string]bool{}
	for _, h := range p.Hits {
		if !r.known[h.ID] && !strings.HasPrefix(h.ID, "HISTORY-") && h.ID != marker {
			wrong("%s never was a product", h.ID)
		}
		if ids[h.ID] {
			wrong("%s comes twice", h.ID)
		}
		ids[h.ID] = true
		if s := h.Product.Stock; h.Product.InStock != (s != nil && *s > 0) {
			wrong("%s has in_stock %t with stock %v", h.ID, h.Product.InStock, s)
		}
	}
	if p.Total < len(p.Hits) {
		wrong("%d hits of %d", len(p.Hits), p.Total)
	}
	for _, f := range p.Facets {
		if query.Has("f." + f.Name) {
			continue // counts as if its own filter were not there
		}
		sum := 0
		for _, v := range f.Values {
			sum += v.Count
			if v.Count < 1 || v.Count > p.Total {
				wrong("%s %v counts %d of %d", f.Name, v.Value, v.Count, p.Total)
			}
		}
		if f.Name == "brand" && sum > p.Total { // a product has one brand
			wrong("brands count %d of %d", sum, p.Total)
		}
	}
}

// filtered checks that the total is what the facet counts for the value.
func (r *run) filtered(ctx context.Context, n *node, rng *rand.Rand) {
	brand := shop.Pick(rng, shop.Brands())
	query := url.Values{"f.brand": {brand}, "facets": {"brand"}, "facet_size": {"200"}, "in_stock": {"true"}, "limit": {"100"}}
	p, ok := r.ask(ctx, n, query)
	if !ok {
		return
	}
	r.plausible(n, query, p)
	for _, h := range p.Hits {
		if !strings.EqualFold(h.Product.Brand, brand) || !h.Product.InStock {
			r.violate("search of %s for %s: %s has brand %q, in_stock %t", n.name, query.Encode(), h.ID, h.Product.Brand, h.Product.InStock)
		}
	}
	for _, f := range p.Facets {
		for _, v := range f.Values {
			if text, is := v.Value.(string); is && strings.EqualFold(text, brand) && v.Count != p.Total {
				r.violate("search of %s for %s: brand counts %d, total is %d", n.name, query.Encode(), v.Count, p.Total)
			}
		}
	}
}

// sorted checks the order by price.
func (r *run) sorted(ctx context.Context, n *node) {
	query := url.Values{"sort": {"-price"}, "limit": {"100"}}
	p, ok := r.ask(ctx, n, query)
	if !ok {
		return
	}
	r.plausible(n, query, p)
	for i := 1; i < len(p.Hits); i++ {
		a, b := p.Hits[i-1].Product.Price, p.Hits[i].Product.Price
		if a == nil && b != nil || a != nil && b != nil && a.Amount < b.Amount {
			r.violate("search of %s for %s: %s comes before %s", n.name, query.Encode(), p.Hits[i-1].ID, p.Hits[i].ID)
		}
	}
}

// walk pages through everything. As long as the list that it began on is kept, the
// total is what comes, each once.
func (r *run) walk(ctx context.Context, n *node, rng *rand.Rand) {
	_, life, _ := n.now()
	query := url.Values{"limit": {"100"}}
	if rng.IntN(2) == 0 {
		query.Set("sort", "price")
	}
	p, ok := r.ask(ctx, n, query)
	total, snapshot, ids := p.Total, true, map[string]bool{}
	for ok {
		r.plausible(n, query, p)
		for _, h := range p.Hits {
			if ids[h.ID] && snapshot {
				r.violate("walk on %s: %s comes twice", n.name, h.ID)
			}
			ids[h.ID] = true
		}
		if p.Next == nil {
			break
		}
		if _, now, serves := n.now(); now != life || !serves {
			return // cursors of another process go on by what is there now
		}
		query.Set("cursor", *p.Next)
		p, ok = r.ask(ctx, n, query)
		snapshot = snapshot && p.Paging == "snapshot"
	}
	if !ok {
		return
	}
	r.count(func(p *Report) { p.Walks++ })
	if snapshot && len(ids) != total {
		r.violate("walk on %s, sort %q: %d products come, the total is %d", n.name, query.Get("sort"), len(ids), total)
	}
}
