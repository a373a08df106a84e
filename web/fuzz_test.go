package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/request"
)

// realSearch is a bench whose searches run on a real index of a few products.
func realSearch(t testing.TB) *bench {
	t.Helper()
	store, err := search.OpenStore(t.TempDir(), search.Options{Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	index, err := store.Begin(search.Schema{AttributeWeight: 1, Hash: "1", Fields: []search.Field{
		{Name: "title", Kind: search.Text, Weight: 3, Sort: true},
		{Name: "sku", Kind: search.Keyword, Weight: 1, Identifier: true},
		{Name: "brand", Kind: search.Keyword, Facet: true},
		{Name: "price", Kind: search.Money, Facet: true, Sort: true, Currency: "EUR", MinorUnits: 2},
		{Name: "released", Kind: search.Date, Facet: true, Sort: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	var batch search.Batch
	for i := range 30 {
		batch.Documents = append(batch.Documents, search.Document{
			ID:       fmt.Sprintf("p%d", i),
			Texts:    []search.TextValue{{Field: "title", Text: fmt.Sprintf("Stoneware mug No. %d", i)}},
			Keywords: []search.KeywordValue{{Field: "brand", Value: fmt.Sprintf("Brand %d", i%3)}, {Field: "attr.colour", Value: "red"}},
			Numbers:  []search.NumberValue{{Field: "price", Value: float64(100 * i)}, {Field: "released", Value: 1.7e12}, {Field: "attr.size", Value: 1.5}},
			Display:  []byte(`{"title":"Mug"}`), Detail: []byte(`{"title":"Mug"}`),
		})
	}
	if err := index.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if err := store.Swap(index); err != nil {
		t.Fatal(err)
	}
	return newBench(t, func(c *Config) { c.Searcher = store })
}

// neverBreaks sends a request and fails on any answer that says that the service
// is at fault, or that the document does not have.
func (b *bench) neverBreaks(t *testing.T, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	if w.Code >= http.StatusInternalServerError {
		t.Fatalf("%s %s: got %d\n%s\n%s", r.Method, r.URL, w.Code, w.Body, b.log)
	}
	checkAnswer(t, b.server, r.Method, r.URL.EscapedPath(), w)
	return w
}

func searchRequestOf(query string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/v1/search", nil)
	r.URL.RawQuery = query
	return r
}

func FuzzSearchQueryString(f *testing.F) {
	b := realSearch(f)
	for _, seed := range []string{
		"", "q=mug", "q=*&limit=1", "q=????&facets=auto", "f.price=1..5&f.brand=Brand+1&sort=-price", "f.attr.size=..2&facets=attr.size,price&facet_size=3",
		"q=no.+7&highlight=true&explain=true", "sort=title&in_stock=true", "profile=default&strict=true", "q=%F0%9F%8E%A7", "f.released=2020-01-01..", "q=%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) { b.neverBreaks(t, searchRequestOf(query)) })
}

func FuzzSearchBody(f *testing.F) {
	b := realSearch(f)
	for _, seed := range []string{
		`{}`, `{"q":"mug","limit":3}`, `{"f.price":["1..5",7],"facets":["auto","price"],"sort":"released"}`, `{"q":"a","q":"b"}`, `[`, `{"explain":true,"highlight":true,"q":"mug 3"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/v1/search", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		b.neverBreaks(t, r)
	})
}

func FuzzSearchFilter(f *testing.F) {
	b := realSearch(f)
	for _, seed := range [][2]string{
		{"price", "1..5"}, {"price", ".."}, {"price", "NaN..Inf"}, {"released", "2020-01-01T00:00:00Z.."}, {"brand", "Brand 1"}, {"attr.size", "1e309"}, {"attr.", "x"}, {"title", "a"}, {"nope", ""}, {"price", "5..1"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		b.neverBreaks(t, searchRequestOf(url.Values{"f." + name: {value}, "facets": {"auto"}}.Encode()))
		b.neverBreaks(t, searchRequestOf(url.Values{"facets": {name}, "sort": {value}}.Encode()))
	})
}

func FuzzSearchCursor(f *testing.F) {
	b := realSearch(f)
	page, err := b.server.config.Searcher.Search(f.Context(), search.Query{Text: "mug", Sort: "price", Limit: 3})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{page.Next, page.Next[:len(page.Next)-1], "A" + page.Next[1:], "", "....", "AAAA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		b.neverBreaks(t, searchRequestOf(url.Values{"cursor": {cursor}}.Encode()))
		w := b.neverBreaks(t, searchRequestOf(url.Values{"cursor": {cursor}, "q": {"other"}}.Encode()))
		if w.Code == http.StatusOK {
			t.Errorf("cursor %q continues another query", cursor)
		}
	})
}

func FuzzConsistencyToken(f *testing.F) {
	b := newBench(f)
	for _, seed := range []string{consistency.Token{}.Encode(), consistency.Token{CatalogT: 1 << 31, OrdersLSN: 1 << 63}.Encode(), "", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		b.neverBreaks(t, searchRequestOf(url.Values{"consistency": {token}, "wait_ms": {"0"}}.Encode()))
		r := httptest.NewRequest(http.MethodDelete, "/v1/products/p1", nil)
		r.Header.Set("Aisle-Consistency", token)
		b.neverBreaks(t, r)
	})
}

func FuzzOrderBody(f *testing.F) {
	b := newBench(f)
	for _, seed := range []string{orderBody, `{}`, `{"customer":"c","lines":[{"product":"p","quantity":1e2}]}`, `{"customer":"c","lines":[{"product":"p","quantity":10001}]}`, `{"lines":null}`} {
		f.Add([]byte(seed), "key")
	}
	f.Fuzz(func(t *testing.T, body []byte, key string) {
		b.orders.request = orders.PlaceRequest{}
		r := httptest.NewRequest(http.MethodPost, "/v1/orders", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header["Idempotency-Key"] = []string{key}
		if w := b.neverBreaks(t, r); w.Code == http.StatusCreated {
			checkPlaced(t, b.orders.request)
		}
	})
}

// checkPlaced fails unless an order keeps to the bounds that Postgres relies on.
func checkPlaced(t *testing.T, r orders.PlaceRequest) {
	t.Helper()
	if !request.IsCustomer(r.Customer) || !request.Visible(r.IdempotencyKey, 1, 255) || len(r.RequestHash) != 32 || len(r.Lines) < 1 || len(r.Lines) > 100 {
		t.Errorf("order %+v got through", r)
	}
	for _, l := range r.Lines {
		if l.Quantity < 1 || l.Quantity > 10_000 || !request.IsProductID(l.Product) {
			t.Errorf("line %+v got through", l)
		}
	}
}

func FuzzOrderHistory(f *testing.F) {
	b := newBench(f)
	at := orders.HistoryKey{CreatedAt: instant(), ID: sampleOrder().ID}
	for _, seed := range []string{"customer=c", "customer=c&cursor=" + b.server.history.Seal("", orders.HistoryQuery{Customer: "c"}, at), "customer=c&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999999999%2B23:59", "limit=5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/v1/orders", nil)
		r.URL.RawQuery = query
		b.neverBreaks(t, r)
	})
}

func FuzzProduct(f *testing.F) {
	b := newBench(f)
	f.Add("p1", []byte(`{"title":"x"}`), `"v1"`)
	f.Add("a/b", []byte(`{"a":{"b":null}}`), `*`)
	f.Add("\x00", []byte(`{`), ``)
	f.Fuzz(func(t *testing.T, id string, body []byte, match string) {
		path := "/v1/products/" + url.PathEscape(id)
		for method, media := range map[string]string{"GET": "", "PUT": "application/json", "PATCH": "application/merge-patch+json", "DELETE": ""} {
			r := httptest.NewRequest(method, "/", bytes.NewReader(body))
			r.URL = &url.URL{Path: "/v1/products/" + id, RawPath: path}
			r.Header.Set("Content-Type", media)
			r.Header["If-Match"] = []string{match}
			b.neverBreaks(t, r)
		}
	})
}
