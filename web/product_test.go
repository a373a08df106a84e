package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/search"
)

// One product with its signals; the copy that is still good is not sent again.
func TestProductGet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.do("GET", "/v1/products/p1", "")
	wantStatus(t, w, http.StatusOK)
	body := decodeBody(t, w)
	for name, want := range map[string]any{
		"id": "p1", "in_stock": true, "stock": 3.0, "sold_7d": 1.0, "sold_30d": 9.0, "indexed_at": "2026-01-02T03:04:05.006Z",
		"positions": consistency.Token{CatalogT: 100, CatalogI: 5, OrdersLSN: 1000}.Encode(),
	} {
		if body[name] != want {
			t.Errorf("%s = %v, want %v", name, body[name], want)
		}
	}
	product := body["product"].(map[string]any)
	if product["title"] != "Mug" || product["stock"] != 3.0 {
		t.Errorf("product = %v", product)
	}
	wantStatus(t, b.do("GET", "/v1/products/p1", "", "If-None-Match", w.Header().Get("ETag")), http.StatusNotModified)
	wantStatus(t, b.do("HEAD", "/v1/products/p1", ""), http.StatusOK)
	wantProblem(t, b.do("GET", "/v1/products/p2", ""), kindNotFound, "")
	wantProblem(t, b.do("GET", "/v1/products/p1?x=1", ""), kindInvalidParameter, "x")
	b.searcher.err = search.ErrNotReady
	wantProblem(t, b.do("GET", "/v1/products/p1", ""), kindNotReady, "")
}

// Who joins too many tokens is told how many, how many may be, and what to do, on
// reads and on writes.
func TestTooManyTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	nine := strings.Repeat("catalog:1.1,", 8) + "orders:0/1"
	const want = " joins 9 tokens, at most 8 are allowed; of tokens of the same database send only the latest"
	for _, read := range []string{"/v1/search?consistency=", "/v1/products/p1?consistency="} {
		if p := wantProblem(t, b.do("GET", read+nine, ""), kindInvalidParameter, "consistency"); p.Detail != "consistency"+want {
			t.Errorf("%s: got %q, want %q", read, p.Detail, "consistency"+want)
		}
	}
	w := b.do("DELETE", "/v1/products/p1", "", "Aisle-Consistency", nine)
	if p := wantProblem(t, w, kindInvalidParameter, "Aisle-Consistency"); p.Detail != "Aisle-Consistency"+want {
		t.Errorf("a write: got %q, want %q", p.Detail, "Aisle-Consistency"+want)
	}
}

// A product read that demands a token waits, and is honest about what it saw.
func TestProductConsistency(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	seen := b.indexer.applied.Encode()
	for _, test := range []struct {
		query, id string
		status    int
		stale     bool
	}{
		{"consistency=catalog:100.5,orders:0/3E8", "p1", http.StatusOK, false},
		{"wait_ms=1&consistency=catalog:4000000000.1", "p1", http.StatusOK, true}, // as of another cluster
		{"wait_ms=1&consistency=catalog:100.6", "gone", http.StatusNotFound, true},
		{"wait_ms=1&strict=true&consistency=orders:0/3E9", "p1", http.StatusServiceUnavailable, true},
		{"wait_ms=2001&consistency=" + seen, "p1", http.StatusBadRequest, false},
		{"consistency=junk", "p1", http.StatusBadRequest, false},
		{"consistency=", "p1", http.StatusBadRequest, false},
	} {
		w := b.do("GET", "/v1/products/"+test.id+"?"+test.query, "")
		wantStatus(t, w, test.status)
		body := decodeBody(t, w)
		if test.status == http.StatusOK && (body["stale"] != test.stale || body["positions"] != seen) {
			t.Errorf("%s: stale is %v at %v, want %v at %s", test.query, body["stale"], body["positions"], test.stale, seen)
		}
		if got := w.Header().Get("Aisle-Consistency"); test.status < 500 && test.status != http.StatusBadRequest && got != seen {
			t.Errorf("%s: token %q, want %q", test.query, got, seen)
		}
		if got := w.Header().Get("Retry-After"); test.status == http.StatusServiceUnavailable && got == "" {
			t.Errorf("%s: no Retry-After", test.query)
		}
	}
	// A copy that is still good is told again when it is stale, which a 304 could not say.
	tag := b.do("GET", "/v1/products/p1", "").Header().Get("ETag")
	w := b.do("GET", "/v1/products/p1?wait_ms=1&consistency=catalog:200.1", "", "If-None-Match", tag)
	wantStatus(t, w, http.StatusOK)
}

// What is answered may be newer than what the index has told so far; the answer's
// token says so.
func TestPositionsOfTheView(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at, err := catalog.Position{Time: catalog.ClusterTime{T: 101, I: 1}}.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	positions := map[string][]byte{"catalog": at, "orders": {0, 0, 0, 0, 0, 0, 3, 0}}
	b.searcher.record.Positions = positions
	b.searcher.page = func() *search.Page {
		p := samplePage()
		p.Positions = positions
		return p
	}
	want := consistency.Token{CatalogT: 101, CatalogI: 1, OrdersLSN: 1000}.Encode()
	if got := decodeBody(t, b.do("GET", "/v1/products/p1?wait_ms=0&consistency="+want, ""))["positions"]; got != want {
		t.Errorf("product: got %v, want %v", got, want)
	}
	if got := decodeBody(t, b.do("GET", "/v1/search", ""))["index"].(map[string]any)["positions"]; got != want {
		t.Errorf("search: got %v, want %v", got, want)
	}
}

// Ids may hold whatever a path can carry (field report A13).
func TestProductIDs(t *testing.T) {
	t.Parallel()
	for path, id := range map[string]string{
		"a%2Fb": "a/b", "a%20b": "a b", "a+b": "a+b", "a%2Bb%2F": "a+b/", "%C3%A9": "é", "100%25": "100%", "a:b": "a:b", "%2E%2E": "..",
		"a%0Ab": "a\nb", "a%00b": "a\x00b", "%7F": "\x7f", "%22%22": `""`,
	} {
		b := newBench(t)
		b.searcher.record.ID = id
		if got := decodeBody(t, b.do("GET", "/v1/products/"+path, ""))["id"]; got != id {
			t.Errorf("path %s names %v, want %s", path, got, id)
		}
		wantStatus(t, b.do("DELETE", "/v1/products/"+path, ""), http.StatusNoContent)
		if string(b.products.id) != id {
			t.Errorf("path %s deletes %q, want %q", path, b.products.id, id)
		}
	}
	b := newBench(t)
	for _, path := range []string{"%ff", strings.Repeat("x", 513)} {
		for _, method := range []string{"GET", "DELETE"} {
			wantProblem(t, b.do(method, "/v1/products/"+path, ""), kindInvalidParameter, "id")
		}
	}
}

// Writes hand over id, body and condition, and answer with version and token.
func TestProductWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tests := []struct {
		name, method, body string
		headers            []string
		cond               catalog.Condition
		created            bool
		status             int
	}{
		{"put", "PUT", `{"title":"x"}`, nil, catalog.Condition{}, false, 200},
		{"put anew", "PUT", `{"title":"x"}`, []string{"If-None-Match", "*"}, catalog.Condition{Absent: true}, true, 201},
		{"put a version", "PUT", `{"title":"x"}`, []string{"If-Match", `"v1"`}, catalog.Condition{Version: "v1"}, false, 200},
		{"patch", "PATCH", `{"title":null}`, []string{"Content-Type", "application/merge-patch+json", "If-Match", "*"}, catalog.Condition{Exists: true}, false, 200},
		{"delete", "DELETE", "", []string{"If-Match", ` "v1" `}, catalog.Condition{Version: "v1"}, false, 204},
	}
	for _, tt := range tests {
		b.products.written.Created = tt.created
		w := b.do(tt.method, "/v1/products/p1", tt.body, tt.headers...)
		if w.Code != tt.status || b.products.id != "p1" || b.products.body != tt.body || b.products.cond != tt.cond {
			t.Errorf("%s: got %d for %s %q with %+v\n%s", tt.name, w.Code, b.products.id, b.products.body, b.products.cond, w.Body)
		}
		if got, want := w.Header().Get("Aisle-Consistency"), (consistency.Token{CatalogT: 101, CatalogI: 1}).Encode(); got != want {
			t.Errorf("%s: Aisle-Consistency = %q, want %q", tt.name, got, want)
		}
		if tt.method != "DELETE" && w.Header().Get("ETag") != `"v2"` {
			t.Errorf("%s: ETag = %q, want the version", tt.name, w.Header().Get("ETag"))
		}
	}
	w := b.do("GET", "/v1/products/p1/document", "")
	if w.Code != 200 || w.Header().Get("ETag") != `"v1"` || w.Body.String() != `{"_id":"p1"}` {
		t.Errorf("document: got %d, ETag %s, %s", w.Code, w.Header().Get("ETag"), w.Body)
	}
}

// A wrong write is refused before MongoDB sees it.
func TestProductWritesRefuse(t *testing.T) {
	t.Parallel()
	patch := []string{"Content-Type", "application/merge-patch+json"}
	tests := []struct {
		method, body string
		headers      []string
		kind         kind
		field        string
	}{
		{"PUT", `[]`, nil, kindInvalidParameter, "body"},
		{"PUT", `{"a":1,"a":2}`, nil, kindInvalidParameter, "a"},
		{"PUT", `{"name":"a\ud83d"}`, nil, kindInvalidParameter, "name"},
		{"PUT", `{"a":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `}`, nil, kindInvalidParameter, "a" + strings.Repeat("[0]", 31)},
		{"PUT", `{}`, []string{"Content-Type", "text/json"}, kindMediaType, ""},
		{"PATCH", `{}`, nil, kindMediaType, ""},
		{"PUT", `{}`, patch, kindMediaType, ""},
		{"PUT", `{"a":"` + strings.Repeat("x", 1<<20) + `"}`, nil, kindTooLarge, ""},
		{"PUT", `{}`, []string{"If-Match", "v1"}, kindInvalidParameter, "If-Match"},
		{"PUT", `{}`, []string{"If-Match", `W/"v1"`}, kindInvalidParameter, "If-Match"},
		{"PUT", `{}`, []string{"If-Match", `"a", "b"`}, kindInvalidParameter, "If-Match"},
		{"PUT", `{}`, []string{"If-Match", `"a"`, "If-Match", `"b"`}, kindInvalidParameter, "If-Match"},
		{"PUT", `{}`, []string{"If-Match", ``}, kindInvalidParameter, "If-Match"},
		{"PUT", `{}`, []string{"If-None-Match", `"a"`}, kindInvalidParameter, "If-None-Match"},
		{"PUT", `{}`, []string{"If-None-Match", `*`, "If-Match", `"a"`}, kindInvalidParameter, "If-None-Match"},
		{"PATCH", `{}`, append(patch, "If-None-Match", `*`), kindInvalidParameter, "If-None-Match"},
		{"DELETE", ``, []string{"If-None-Match", `*`}, kindInvalidParameter, "If-None-Match"},
		{"DELETE", `{}`, nil, kindInvalidParameter, "body"},
		{"PUT", `{}`, []string{"Aisle-Consistency", `*`}, kindInvalidParameter, "Aisle-Consistency"},
	}
	b := newBench(t)
	for i, tt := range tests {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			wantProblem(t, b.do(tt.method, "/v1/products/p1", tt.body, tt.headers...), tt.kind, tt.field)
		})
	}
	wantProblem(t, b.do("PUT", "/v1/products/p1?x=1", `{}`), kindInvalidParameter, "x")
	if b.products.id != "" {
		t.Error("a wrong write was made")
	}
}

// Errors of the catalogue become the contract's problems.
func TestProductErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err   error
		kind  kind
		field string
	}{
		{catalog.ErrVersionMismatch, kindVersionMismatch, ""},
		{catalog.ErrNotFound, kindNotFound, ""},
		{catalog.ErrConflict, kindUnavailable, ""},
		{catalog.ErrUnreachable, kindUnavailable, ""},
		{mongo.CommandError{Labels: []string{"NetworkError"}}, kindUnavailable, ""},
		{&catalog.InvalidError{ID: "p1", Fields: []catalog.FieldError{{Field: "price", Path: "cost", Reason: "is text"}}}, kindInvalidParameter, "price"},
		{catalog.ErrPrivileges, kindInternal, ""},
		{errors.New("odd"), kindInternal, ""},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.products.err = fmt.Errorf("write: %w", tt.err)
			wantProblem(t, b.do("PATCH", "/v1/products/p1", `{}`, "Content-Type", "application/merge-patch+json"), tt.kind, tt.field)
			if tt.kind != kindNotFound { // a PUT makes what there is not
				wantProblem(t, b.do("PUT", "/v1/products/p1", `{}`), tt.kind, tt.field)
			}
			if tt.kind != kindVersionMismatch && tt.field == "" {
				wantProblem(t, b.do("GET", "/v1/products/p1/document", ""), tt.kind, tt.field)
			}
			wantProblem(t, b.do("DELETE", "/v1/products/p1", ""), tt.kind, tt.field)
		})
	}
}
