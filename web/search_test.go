package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/search"
)

// Every wrong parameter is refused by name and never reaches search.
func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 513)
	tests := []struct{ query, field string }{
		{"q=" + long, "q"},
		{"q=a&q=b", "q"},
		{"q=%ff", "q"},
		{"q=%zz", "query string"},
		{"a;b", "query string"},
		{"nonsense=1", "nonsense"},
		{"Limit=1", "Limit"},
		{"limit=0", "limit"}, {"limit=101", "limit"}, {"limit=-1", "limit"}, {"limit=abc", "limit"}, {"limit=", "limit"},
		{"limit=1e1", "limit"}, {"limit=%2B5", "limit"}, {"limit=1000000000", "limit"}, {"limit=99999999999999999999", "limit"},
		{"limit=5&limit=5", "limit"},
		{"facet_size=0", "facet_size"}, {"facet_size=201", "facet_size"},
		{"wait_ms=2001", "wait_ms"}, {"wait_ms=-1", "wait_ms"},
		{"in_stock=1", "in_stock"}, {"in_stock=TRUE", "in_stock"}, {"in_stock=", "in_stock"},
		{"explain=yes", "explain"}, {"highlight=on", "highlight"}, {"strict=0", "strict"},
		{"facets=a,,b", "facets"}, {"facets=a,a", "facets"}, {"facets=" + strings.Repeat("a,", 50) + "b", "facets"},
		{"sort=" + strings.Repeat("s", 257), "sort"},
		{"profile=" + strings.Repeat("s", 257), "profile"},
		{"f.=x", "f."}, {"f." + strings.Repeat("n", 257) + "=x", "f." + strings.Repeat("n", 98) + "…"},
		{"f.brand=" + long, "f.brand"},
		{"f.brand=%fe", "f.brand"},
		{strings.Repeat("f.a=x&", 501), "f.*"},
		{"consistency=", "consistency"}, {"consistency=abc", "consistency"},
		{"q=" + strings.Repeat("%20", 6000), "query string"},
	}
	b := newBench(t)
	for _, tt := range tests {
		w := b.do("GET", "/v1/search?"+tt.query, "")
		if len(tt.query) > 60 {
			tt.query = tt.query[:60]
		}
		t.Run(tt.query, func(t *testing.T) { wantProblem(t, w, kindInvalidParameter, tt.field) })
	}
	if got := b.searcher.query(); got.Text != "" || got.Limit != 0 {
		t.Errorf("search was asked %+v", got)
	}
}

// Every wrong body is refused by the name of the field.
func TestSearchRefusesBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		body  string
		kind  kind
		field string
	}{
		{``, kindMediaType, ""}, // no body, no media type
		{`nope`, kindInvalidParameter, "body"},
		{`[]`, kindInvalidParameter, "body"},
		{`null`, kindInvalidParameter, "body"},
		{`{} {}`, kindInvalidParameter, "body"},
		{`{"q":"a","q":"b"}`, kindInvalidParameter, "q"},
		{`{"x":1}`, kindInvalidParameter, "x"},
		{`{"Q":"a"}`, kindInvalidParameter, "Q"},
		{`{"q":1}`, kindInvalidParameter, "q"},
		{`{"q":null}`, kindInvalidParameter, "q"},
		{`{"limit":"5"}`, kindInvalidParameter, "limit"},
		{`{"limit":1.5}`, kindInvalidParameter, "limit"},
		{`{"limit":-3}`, kindInvalidParameter, "limit"},
		{`{"in_stock":"true"}`, kindInvalidParameter, "in_stock"},
		{`{"facets":["a",""]}`, kindInvalidParameter, "facets"},
		{`{"facets":["a","a"]}`, kindInvalidParameter, "facets"},
		{`{"facets":"a,a"}`, kindInvalidParameter, "facets"},
		{`{"facets":[1]}`, kindInvalidParameter, "facets"},
		{`{"f.a":{"b":1}}`, kindInvalidParameter, "f.a"},
		{`{"f.a":[null]}`, kindInvalidParameter, "f.a"},
		{`{"f.a":[["x"]]}`, kindInvalidParameter, "f.a"},
		{`{"cursor":""}`, kindInvalidCursor, ""},
		{`{"q":"` + strings.Repeat("[", 40) + `","f.a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, kindInvalidParameter, "f.a" + strings.Repeat("[0]", 31)},
		{"{\"q\":\"\xff\"}", kindInvalidParameter, "body"},
		{`{"q":"\ud83d"}`, kindInvalidParameter, "q"},
		{`{"f.a":["x","\ude00"]}`, kindInvalidParameter, "f.a[1]"},
		{`{"q":"` + strings.Repeat("x", 1<<20) + `"}`, kindTooLarge, ""},
	}
	b := newBench(t)
	for i, tt := range tests {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			wantProblem(t, b.do("POST", "/v1/search", tt.body), tt.kind, tt.field)
		})
	}
	wantProblem(t, b.do("POST", "/v1/search?limit=3", `{}`), kindInvalidParameter, "query string")
	for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "nonsense/"} {
		wantProblem(t, b.do("POST", "/v1/search", `{}`, "Content-Type", media), kindMediaType, "")
	}
	wantProblem(t, b.do("POST", "/v1/search", `{}`, "Content-Encoding", "gzip"), kindMediaType, "")
}

// GET and POST become the same query.
func TestSearchQuery(t *testing.T) {
	t.Parallel()
	token := consistency.Token{CatalogT: 7}.Encode()
	get := "q=red+mug&in_stock=true&facets=brand,auto&facet_size=20&sort=-price&limit=5&profile=p&explain=true&highlight=true" +
		"&f.brand=B&f.brand=A&f.brand=A&f.attr.höhe=5..&f.price=..2000&consistency=" + token + "&wait_ms=0&strict=true&cursor=cc"
	post := `{"q":"red mug","in_stock":true,"facets":["brand","auto"],"facet_size":20,"sort":"-price","limit":5,"profile":"p","explain":true,
		"highlight":true,"f.brand":["B","A","A"],"f.attr.höhe":"5..","f.price":"..2000","consistency":"` + token + `","wait_ms":0,"strict":true,"cursor":"cc"}`
	want := search.Query{
		Text: "red mug", InStock: true, Facets: []string{"brand", "auto"}, FacetSize: 20, Sort: "-price", Limit: 5, Cursor: "cc",
		Profile: "p", Explain: true, Highlight: true,
		Filters: []search.Filter{{Field: "attr.höhe", Values: []string{"5.."}}, {Field: "brand", Values: []string{"A", "B"}}, {Field: "price", Values: []string{"..2000"}}},
	}
	b := newBench(t)
	for method, w := range map[string]func() int{
		"GET":  func() int { return b.do("GET", "/v1/search?"+get, "").Code },
		"POST": func() int { return b.do("POST", "/v1/search", post).Code },
	} {
		if code := w(); code != http.StatusOK {
			t.Fatalf("%s: got %d, want 200", method, code)
		}
		if diff := cmp.Diff(want, b.searcher.query()); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", method, diff)
		}
		if want := (consistency.Token{CatalogT: 7}); b.indexer.wanted != want {
			t.Errorf("%s: waited for %+v, want %+v", method, b.indexer.wanted, want)
		}
	}
	wantStatus(t, b.do("POST", "/v1/search", `{"f.a":[5,true,"x"],"f.b":[],"facets":"brand"}`), http.StatusOK)
	got := b.searcher.query()
	if diff := cmp.Diff([]search.Filter{{Field: "a", Values: []string{"5", "true", "x"}}}, got.Filters); diff != "" {
		t.Errorf("mixed values: want -, got +:\n%s", diff)
	}
	wantStatus(t, b.do("POST", "/v1/search", `{"facets":["attr.comma,name","brand"]}`), http.StatusOK)
	if diff := cmp.Diff([]string{"attr.comma,name", "brand"}, b.searcher.query().Facets); diff != "" {
		t.Errorf("a facet with a comma in its name: want -, got +:\n%s", diff)
	}
	empty := search.Query{Cursor: "cc", Empty: search.Empty{Text: true, Filters: true, InStock: true, Sort: true, Profile: true}}
	wantStatus(t, b.do("POST", "/v1/search", `{"q":"","f.a":[],"in_stock":false,"sort":"","profile":"","cursor":"cc"}`), http.StatusOK)
	if diff := cmp.Diff(empty, b.searcher.query()); diff != "" {
		t.Errorf("empty parameters beside a cursor: want -, got +:\n%s", diff)
	}
	wantStatus(t, b.do("GET", "/v1/search", ""), http.StatusOK)
	if diff := cmp.Diff(search.Query{}, b.searcher.query()); diff != "" {
		t.Errorf("no parameters: want -, got +:\n%s", diff)
	}
}

// Errors of search become the contract's problems.
func TestSearchErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err   error
		kind  kind
		field string
	}{
		{&search.InvalidError{Field: "f.price", Reason: "is no range"}, kindInvalidParameter, "f.price"},
		{search.ErrInvalidCursor, kindInvalidCursor, ""},
		{search.ErrCursorMismatch, kindCursorMismatch, ""},
		{search.ErrCursorExpired, kindCursorExpired, ""},
		{search.ErrNotReady, kindNotReady, ""},
		{search.ErrClosed, kindNotReady, ""},
		{search.ErrOverloaded, kindOverloaded, ""},
		{context.DeadlineExceeded, kindUnavailable, ""},
		{errors.New("disk on fire at /secret/path"), kindInternal, ""},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.searcher.err = fmt.Errorf("deeper: %w", tt.err)
			w := b.do("GET", "/v1/search?q=a", "")
			wantProblem(t, w, tt.kind, tt.field)
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("the answer tells what only the log should: %s", w.Body)
			}
			wantProblem(t, b.do("POST", "/v1/search", `{"q":"a"}`), tt.kind, tt.field)
		})
	}
	b := newBench(t)
	wantProblem(t, b.do("GET", "/v1/search?cursor=", ""), kindInvalidCursor, "")
	wantProblem(t, b.do("GET", "/v1/search?cursor="+strings.Repeat("x", 10_000), ""), kindInvalidCursor, "")
}

// A caller who left is no error of ours.
func TestSearchCallerGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.searcher.err = context.Canceled
	if w := b.do("GET", "/v1/search", ""); w.Code != 499 || w.Body.Len() != 0 {
		t.Errorf("got %d %q, want 499 and nothing", w.Code, w.Body)
	}
}

// A search waits for the token, says when it was in vain, and refuses if told to.
func TestSearchConsistency(t *testing.T) {
	t.Parallel()
	reached := consistency.Token{CatalogT: 100, CatalogI: 5, OrdersLSN: 1000}
	ahead := consistency.Token{CatalogT: 100, CatalogI: 6}
	pinned, err := (&catalog.Position{Time: catalog.ClusterTime{T: 90}}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		query  string
		paging string
		stale  bool
		kind   kind // of the problem, if any
	}{
		{"none demanded", "", "", false, kind{}},
		{"reached", "consistency=" + reached.Encode(), "", false, kind{}},
		{"not reached", "wait_ms=1&consistency=" + ahead.Encode(), "", true, kind{}},
		{"not reached, strict", "strict=true&wait_ms=1&consistency=" + ahead.Encode(), "", false, kindStale},
		{"reached, but the cursor's view is older", "cursor=c&consistency=" + reached.Encode(), "snapshot", true, kind{}},
		{"the same, strict", "strict=true&cursor=c&consistency=" + reached.Encode(), "snapshot", false, kindStale},
		{"keyset pages see the present", "cursor=c&consistency=" + reached.Encode(), "keyset", false, kind{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.searcher.page = func() *search.Page {
				p := samplePage()
				p.Paging, p.Pinned, p.Positions = tt.paging, tt.paging == "snapshot", map[string][]byte{"catalog": pinned, "orders": {0, 0, 0, 0, 0, 0, 3, 232}}
				return p
			}
			w := b.do("GET", "/v1/search?"+tt.query, "")
			wantCount := 0.0
			if tt.kind.Type != "" {
				wantProblem(t, w, tt.kind, "")
				wantCount = 1
			} else {
				wantStatus(t, w, http.StatusOK)
				index := decodeBody(t, w)["index"].(map[string]any)
				if got := index["stale"]; got != tt.stale {
					t.Errorf("stale = %v, want %v", got, tt.stale)
				}
				seen, err := consistency.Parse(index["positions"].(string))
				if err != nil {
					t.Fatal(err)
				}
				if want := (consistency.Token{CatalogT: 90, OrdersLSN: 1000}); tt.paging == "snapshot" && seen != want {
					t.Errorf("positions of a pinned page = %+v, want %+v", seen, want)
				}
				if tt.stale {
					wantCount = 1
				}
			}
			if got := b.metric("aisle_search_stale_total"); got != wantCount {
				t.Errorf("aisle_search_stale_total = %v, want %v", got, wantCount)
			}
		})
	}
}

// Whoever sends what the first page has seen with its cursor gets pages that have seen
// no less, though the positions of their view stand still (reads that never go back).
func TestPagesOfWhatTheFirstHasSeen(t *testing.T) {
	t.Parallel()
	old, err := (&catalog.Position{Time: catalog.ClusterTime{T: 90}}).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	var pinned bool
	note := &search.Note{}
	b.searcher.page = func() *search.Page {
		p := samplePage()
		p.Pinned, p.Note, p.Positions = pinned, note, map[string][]byte{"catalog": old, "orders": {0, 0, 0, 0, 0, 0, 0, 1}}
		return p
	}
	ask := func(query string) (positions string) {
		w := b.do("GET", "/v1/search?"+query, "")
		wantStatus(t, w, http.StatusOK)
		index := decodeBody(t, w)["index"].(map[string]any)
		if index["stale"] != false {
			t.Errorf("%s: stale", query)
		}
		return index["positions"].(string)
	}
	first := ask("q=mug")
	pinned = true
	b.indexer.applied.CatalogT++ // much comes meanwhile
	second := ask("cursor=c&strict=true&consistency=" + first)
	if second != first {
		t.Errorf("the second page has seen %s, want %s as the first", second, first)
	}
	w := b.do("GET", "/v1/search?cursor=c&strict=true&consistency="+b.indexer.applied.Encode(), "")
	wantProblem(t, w, kindStale, "")
}

// A copy that is still good is not sent again.
func TestSearchConditional(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.searcher.page = func() *search.Page {
		p := samplePage()
		p.Hits[0].Explain = nil
		return p
	}
	first := b.do("GET", "/v1/search?q=mug", "")
	tag := first.Header().Get("ETag")
	if tag == "" || first.Header().Get("Cache-Control") != "no-cache" {
		t.Fatalf("ETag = %q, Cache-Control = %q", tag, first.Header().Get("Cache-Control"))
	}
	for _, given := range []string{tag, `"other", ` + tag, "*", strings.TrimPrefix(tag, "W/")} {
		w := b.do("GET", "/v1/search?q=mug", "", "If-None-Match", given)
		if w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != tag {
			t.Errorf("If-None-Match %s: got %d, ETag %s", given, w.Code, w.Header().Get("ETag"))
		}
	}
	wantStatus(t, b.do("GET", "/v1/search?q=mug", "", "If-None-Match", `W/"other"`), http.StatusOK)
	token := consistency.Token{}.Encode()
	if got := b.do("GET", "/v1/search?consistency="+token, "").Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("with a token: Cache-Control = %q, want no-store", got)
	}
	if got := b.do("POST", "/v1/search", "{}").Header().Get("ETag"); got != "" {
		t.Errorf("POST has ETag %q", got)
	}
	b.searcher.err = errors.New("x")
	if got := b.do("GET", "/v1/search", "").Header(); got.Get("ETag") != "" || got.Get("Cache-Control") != "no-store" {
		t.Errorf("error has ETag %q and Cache-Control %q", got.Get("ETag"), got.Get("Cache-Control"))
	}
}

// More searches than may run wait, and too many are refused at once.
func TestSearchOverload(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.MaxSearches = 1 })
	b.searcher.hold, b.searcher.entered = make(chan struct{}), make(chan struct{})
	done := make(chan int)
	go func() { done <- b.send("GET", "/v1/search?q=slow", "").Code }()
	<-b.searcher.entered
	var leave []func()
	for {
		l, ok := b.server.slots.Queue()
		if !ok {
			break
		}
		leave = append(leave, l)
	}
	wantProblem(t, b.do("GET", "/v1/search?q=one-too-many", ""), kindOverloaded, "")
	wantProblem(t, b.do("GET", "/v1/search?consistency="+(consistency.Token{}).Encode(), ""), kindOverloaded, "")
	if got := b.metric("aisle_search_shed_total"); got != 2 {
		t.Errorf("aisle_search_shed_total = %v, want 2", got)
	}
	for _, l := range leave {
		l()
	}
	close(b.searcher.hold)
	if code := <-done; code != http.StatusOK {
		t.Errorf("the search that was running got %d, want 200", code)
	}
}

// Zero results of a text, and times by kind, are counted.
func TestSearchMetrics(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.searcher.page = func() *search.Page { return &search.Page{} }
	for _, query := range []string{"q=a", "q=b&facets=auto", "", "facets=auto", "cursor=c"} {
		wantStatus(t, b.do("GET", "/v1/search?"+query, ""), http.StatusOK)
	}
	if got := b.metric("aisle_search_zero_results_total"); got != 2 {
		t.Errorf("aisle_search_zero_results_total = %v, want 2", got)
	}
	if got := b.series("aisle_search_seconds"); got != 5 {
		t.Errorf("aisle_search_seconds has %d kinds, want 5", got)
	}
}

// HEAD answers as GET does, without the body.
func TestSearchHead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.do("HEAD", "/v1/search?q="+url.QueryEscape("mug"), "")
	wantStatus(t, w, http.StatusOK)
	if w.Header().Get("ETag") == "" {
		t.Error("HEAD has no ETag")
	}
}

// The positions that cannot be read count as seen nothing.
func TestTokenOf(t *testing.T) {
	t.Parallel()
	for _, positions := range []map[string][]byte{nil, {"catalog": {1}, "orders": {1, 2}}, {"catalog": make([]byte, 25)}} {
		if got := consistency.Of(positions); got != (consistency.Token{}) {
			t.Errorf("consistency.Of(%v) = %+v, want zero", positions, got)
		}
	}
}
