package web

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
)

// bench is a server over fakes. Every answer that do gets is held against the
// OpenAPI document.
type bench struct {
	t        testing.TB
	server   *Server
	searcher *fakeSearcher
	indexer  *fakeIndexer
	products *fakeProducts
	orders   *fakeOrders
	registry *prometheus.Registry
	log      *syncBuffer
	key      string // sent with every request when set
}

// instant is when everything in these tests happens.
func instant() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC) }

func newBench(t testing.TB, change ...func(*Config)) *bench {
	t.Helper()
	b := &bench{
		t:        t,
		searcher: &fakeSearcher{page: samplePage, record: sampleRecord()},
		indexer:  &fakeIndexer{status: sampleStatus(), applied: consistency.Token{CatalogT: 100, CatalogI: 5, OrdersLSN: 1000}},
		products: &fakeProducts{written: catalog.Written{ID: "p1", Version: "v2", Time: catalog.ClusterTime{T: 101, I: 1}}},
		orders:   &fakeOrders{result: orders.PlaceResult{Order: sampleOrder(), LSN: 2000}},
		registry: prometheus.NewRegistry(),
		log:      &syncBuffer{},
	}
	config := Config{
		Searcher: b.searcher, Indexer: b.indexer, Products: b.products, Documents: b.products, Orders: b.orders,
		Registerer: b.registry, Gatherer: b.registry, Logger: slog.New(slog.NewJSONHandler(b.log, nil)),
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if b.server, err = New(config); err != nil {
		t.Fatal(err)
	}
	return b
}

func samplePage() *search.Page {
	return &search.Page{
		Hits: []search.Hit{{
			ID: "p1", Score: 1.5, Display: []byte(`{"title":"Mug","price":{"amount":1999,"currency":"EUR"}}`),
			Signal: search.Signal{Stock: 3, Tracked: true}, Highlights: map[string][]string{"title": {"<mark>Mug</mark>"}},
			Explain: &search.Explanation{Score: 1.5, Text: 1.5, Freshness: 1, Availability: 1, Popularity: 1, Profile: "default", Instant: instant(),
				Terms: []search.TermExplanation{{Term: "mug", Share: 1.5, IDF: 2, DF: 1, Fields: map[string]float64{"title": 1}}}},
		}},
		Total: 2, Generation: 1, Next: "abc", Took: time.Millisecond,
		Facets: []search.Facet{
			{Name: "brand", Kind: "terms", Values: []search.FacetValue{{Value: "Acme", Count: 2}}, Distinct: 1},
			{Name: "price", Kind: "range", FieldKind: search.Money, Min: 100, Max: 2000, Buckets: []search.FacetBucket{{From: 100, To: 2000, Count: 2}}},
		},
		Query: search.QueryInfo{Text: "mug", Relaxed: []string{"any-word"}},
	}
}

func sampleRecord() *search.Record {
	return &search.Record{
		ID: "p1", Display: []byte(`{"title":"Mug","price":{"amount":1999,"currency":"EUR"}}`), Detail: []byte(`{"title":"Mug","attributes":{"colour":["red"]}}`),
		Signal: search.Signal{Stock: 3, Sold7: 1, Sold30: 9, Tracked: true}, IndexedAt: instant(),
	}
}

func sampleOrder() orders.Order {
	return orders.Order{
		ID: "0190a6a0-0000-7000-8000-000000000001", Customer: "c-1", Status: "placed", CreatedAt: instant(),
		Lines: []orders.Line{{No: 1, Product: "p1", Quantity: 2, UnitPrice: &orders.Money{Amount: 1999, Currency: "EUR"}, Status: "placed"}},
	}
}

func sampleStatus() progress.Status {
	return progress.Status{
		At: instant(), Ready: true, Generation: 1, Partitions: 2, Documents: 10,
		Sources: []progress.Source{
			{Name: "catalog", State: progress.StateStreaming, Position: "100.5", Lag: 1500 * time.Microsecond, Applied: 20},
			{Name: "orders", State: progress.StateBroken, Reason: "the slot is gone", Position: "0/3E8", RetainedWAL: 4096},
		},
		Reindex: &progress.Reindex{Kind: "reindex", State: "running", Phase: "snapshot", Generation: 2, Done: 5, Total: 10, Rate: 2, Left: time.Second, StartedAt: instant()},
	}
}

// do makes a request; headers are name, value, name, value.
func (b *bench) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	w := b.send(method, target, body, headers...)
	checkAnswer(b.t, b.server, method, target, w)
	return w
}

// send is do without the check.
func (b *bench) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if b.key != "" {
		r.Header.Set("Authorization", "Bearer "+b.key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
		if strings.EqualFold(headers[i], "Content-Type") {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	return w
}

// metric is the sum of a counter over its labels.
func (b *bench) metric(name string) float64 {
	b.t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// series is how many combinations of labels a metric has.
func (b *bench) series(name string) int {
	b.t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return len(f.GetMetric())
		}
	}
	return 0
}

// problemAnswer is what of a problem document the tests look at.
type problemAnswer struct {
	Type      string       `json:"type"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Errors    []FieldError `json:"errors"`
	RequestID string       `json:"request_id"`
}

// wantProblem fails unless the answer is this problem, naming the field if one
// is given.
func wantProblem(t testing.TB, w *httptest.ResponseRecorder, k kind, field string) problemAnswer {
	t.Helper()
	var p problemAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("answer %d is no problem document: %v\n%s", w.Code, err, w.Body)
	}
	if w.Code != k.Status || p.Type != k.Type || p.Status != k.Status {
		t.Errorf("got %d %s, want %d %s\n%s", w.Code, p.Type, k.Status, k.Type, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q, want application/problem+json", got)
	}
	if (k.retryAfter > 0) != (w.Header().Get("Retry-After") != "") {
		t.Errorf("%s: Retry-After = %q", k.Type, w.Header().Get("Retry-After"))
	}
	if field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != field || p.Errors[0].Reason == "") {
		t.Errorf("got errors %v, want one for %s", p.Errors, field)
	}
	return p
}

func wantStatus(t testing.TB, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("got %d, want %d\n%s", w.Code, status, w.Body)
	}
}

// decodeBody reads an answer's JSON.
func decodeBody(t testing.TB, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("not a JSON object: %v\n%s", err, w.Body)
	}
	return v
}

// syncBuffer takes the log of requests that run at the same time.
type syncBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

var _ http.Handler = (*Server)(nil)
