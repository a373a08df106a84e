package drive

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/historycheck"
)

// reader asks any node, with what it has seen and others have written.
type reader struct {
	drive *Drive
	name  string
	seen  string // token of the last answer
}

func newReader(d *Drive, n int) *reader { return &reader{drive: d, name: fmt.Sprintf("r%d", n)} }

// shown are the fields of a product that a history looks at.
type shown struct {
	Title string `json:"title"`
	Stock *int64 `json:"stock"`
	Price struct {
		Amount int64 `json:"amount"`
	} `json:"price"`
}

// answer is what one of both kinds of reads gives.
type answer struct {
	status int
	token  string // positions
	stale  bool
	shown  map[string]shown
}

func (r *reader) read(ctx context.Context, rng *rand.Rand) {
	node, ok := r.drive.node(rng)
	if !ok {
		return
	}
	read := historycheck.Read{Reader: r.name, Node: node.Name, Recovering: node.Recovering, Demands: map[string]int64{}}
	query := url.Values{"wait_ms": {"2000"}}
	var tokens []string
	if r.seen != "" && rng.IntN(10) > 0 {
		read.Echo = true
		tokens = append(tokens, r.seen)
	}
	for _, w := range r.drive.writers {
		if token, version := w.latest(); token != "" && rng.IntN(4) == 0 && len(tokens) < 8 {
			tokens = append(tokens, token)
			read.Demands[w.name] = version
		}
	}
	if len(tokens) > 0 {
		query.Set("consistency", strings.Join(tokens, ","))
	}
	products := map[string]*writer{} // asked for before the view is taken
	for _, w := range r.drive.writers {
		for _, id := range w.ids() {
			products[id] = w
		}
	}
	read.Kept = len(tokens) == 0
	read.Invoked = r.drive.now()
	var a answer
	var err error
	if rng.IntN(2) == 0 {
		ids := make([]string, 0, len(products))
		for id := range products {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		id := ids[rng.IntN(len(ids))]
		products = map[string]*writer{id: products[id]}
		a, err = r.product(ctx, node, id, query)
	} else {
		a, err = r.search(ctx, node, query)
	}
	if err != nil || a.status != http.StatusOK && a.status != http.StatusNotFound {
		return
	}
	read.Completed, read.Stale = r.drive.now(), a.stale
	read.Seen = observed(products, a.shown)
	r.drive.history.Read(read)
	if !a.stale { // of a stale answer what was demanded before stays
		r.seen = a.token
	}
}

// observed reads the versions of products off an answer.
func observed(products map[string]*writer, shown map[string]shown) map[string]historycheck.Seen {
	seen := map[string]historycheck.Seen{}
	for id, w := range products {
		p, is := shown[id]
		switch {
		case w.stock && !is: // the document has not come, or has gone
		case w.stock && p.Stock == nil, !w.stock && !is:
			seen[w.series(id)] = historycheck.Seen{Absent: true}
		case w.stock:
			seen[w.series(id)] = historycheck.Seen{Version: *p.Stock}
		case p.Title != fmt.Sprintf("History %d", p.Price.Amount):
			seen[w.series(id)] = historycheck.Seen{Version: -1} // of two versions, which nobody has written
		default:
			seen[w.series(id)] = historycheck.Seen{Version: p.Price.Amount}
		}
	}
	return seen
}

func (r *reader) product(ctx context.Context, node Node, id string, query url.Values) (a answer, err error) {
	var body struct {
		Product shown `json:"product"`
		Stale   bool  `json:"stale"`
	}
	a.shown = map[string]shown{}
	if query.Has("consistency") {
		query.Set("strict", "true") // a 404 cannot say otherwise that it is stale
	}
	a.status, a.token, err = r.get(ctx, node, "/v1/products/"+id+"?"+query.Encode(), &body)
	a.stale = body.Stale
	if a.status == http.StatusOK {
		a.shown[id] = body.Product
	}
	return a, err
}

func (r *reader) search(ctx context.Context, node Node, query url.Values) (a answer, err error) {
	var body struct {
		Hits []struct {
			ID      string `json:"id"`
			Product shown  `json:"product"`
		} `json:"hits"`
		Index struct {
			Positions string `json:"positions"`
			Stale     bool   `json:"stale"`
		} `json:"index"`
	}
	query.Set("f.brand", Brand)
	query.Set("limit", "100")
	query.Set("sort", "-price") // the newest first
	a.status, _, err = r.get(ctx, node, client.SearchPath+"?"+query.Encode(), &body)
	a.token, a.stale, a.shown = body.Index.Positions, body.Index.Stale, map[string]shown{}
	for _, h := range body.Hits {
		a.shown[h.ID] = h.Product
	}
	return a, err
}

// get asks a node and returns the token of the answer.
func (r *reader) get(ctx context.Context, node Node, path string, into any) (status int, token string, err error) {
	got, err := r.drive.at(node).Send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	if got.StatusCode == http.StatusOK {
		err = json.NewDecoder(got.Body).Decode(into)
	}
	return got.StatusCode, got.Header.Get("Aisle-Consistency"), err
}
