package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/orders"
)

const orderBody = `{"customer":"c-1","lines":[{"product":"p1","quantity":2},{"product":"other","quantity":1}],"payment":{"method":"card"}}`

// A wrong order is refused by the name of the field and placed by nobody.
func TestOrderRefuses(t *testing.T) {
	t.Parallel()
	lines := func(s string) string { return `{"customer":"c","lines":` + s + `}` }
	tests := []struct{ body, field string }{
		{`x`, "body"},
		{`[]`, "body"},
		{`{"customer":"c","lines":[{"product":"p","quantity":1}],"note":1}`, "note"},
		{`{"customer":"c","customer":"d","lines":[]}`, "customer"},
		{`{"lines":[{"product":"p","quantity":1}]}`, "customer"},
		{`{"customer":"","lines":[{"product":"p","quantity":1}]}`, "customer"},
		{`{"customer":null,"lines":[{"product":"p","quantity":1}]}`, "customer"},
		{`{"customer":5,"lines":[{"product":"p","quantity":1}]}`, "customer"},
		{`{"customer":"a\ud83d","lines":[{"product":"p","quantity":1}]}`, "customer"},
		{`{"customer":"a\u0000b","lines":[{"product":"p","quantity":1}]}`, "customer"},
		{`{"customer":"` + strings.Repeat("ä", 201) + `","lines":[{"product":"p","quantity":1}]}`, "customer"},
		{`{"customer":"c"}`, "lines"},
		{lines(`{}`), "lines"},
		{lines(`[]`), "lines"},
		{lines(`null`), "lines"},
		{lines(`[` + strings.TrimSuffix(strings.Repeat(`{"product":"p","quantity":1},`, 101), ",") + `]`), "lines"},
		{lines(`[5]`), "lines[0]"},
		{lines(`[null]`), "lines[0]"},
		{lines(`[{"product":"p","quantity":1,"price":5}]`), "lines[0].price"},
		{lines(`[{"product":"p","quantity":1},{"quantity":1}]`), "lines[1].product"},
		{lines(`[{"product":"","quantity":1}]`), "lines[0].product"},
		{lines(`[{"product":"a\u0000","quantity":1}]`), "lines[0].product"},
		{lines(`[{"product":"p"}]`), "lines[0].quantity"},
		{lines(`[{"product":"p","quantity":0}]`), "lines[0].quantity"},
		{lines(`[{"product":"p","quantity":-1}]`), "lines[0].quantity"},
		{lines(`[{"product":"p","quantity":1.0}]`), "lines[0].quantity"},
		{lines(`[{"product":"p","quantity":"1"}]`), "lines[0].quantity"},
		{lines(`[{"product":"p","quantity":10001}]`), "lines[0].quantity"},
		{`{"customer":"c","lines":[{"product":"p","quantity":1}],"payment":"card"}`, "payment"},
	}
	b := newBench(t)
	for i, tt := range tests {
		t.Run(fmt.Sprint(i, " ", tt.field), func(t *testing.T) {
			wantProblem(t, b.do("POST", "/v1/orders", tt.body, "Idempotency-Key", "k"), kindInvalidParameter, tt.field)
		})
	}
	for _, key := range []string{"", " ", "a b", "ä", strings.Repeat("k", 256)} {
		wantProblem(t, b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", key), kindInvalidParameter, "Idempotency-Key")
	}
	wantProblem(t, b.do("POST", "/v1/orders", orderBody), kindInvalidParameter, "Idempotency-Key")
	wantProblem(t, b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", "a", "Idempotency-Key", "b"), kindInvalidParameter, "Idempotency-Key")
	wantProblem(t, b.do("POST", "/v1/orders?x=1", orderBody, "Idempotency-Key", "k"), kindInvalidParameter, "x")
	wantProblem(t, b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", "k", "Aisle-Consistency", "zz"), kindInvalidParameter, "Aisle-Consistency")
	wantProblem(t, b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", "k", "Content-Type", "text/plain"), kindMediaType, "")
	wantProblem(t, b.do("POST", "/v1/orders", `{"customer":"`+strings.Repeat("c", 1<<20)+`"}`, "Idempotency-Key", "k"), kindTooLarge, "")
	if b.orders.request.IdempotencyKey != "" {
		t.Errorf("an order was placed: %+v", b.orders.request)
	}
}

// A good order reaches Postgres with its key, its caller and the price shown.
func TestOrderPlaced(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", "key-1", "Aisle-Consistency", consistency.Token{CatalogT: 9}.Encode())
	wantStatus(t, w, http.StatusCreated)
	got := b.orders.request
	if len(got.RequestHash) != 32 {
		t.Errorf("hash has %d bytes, want 32", len(got.RequestHash))
	}
	got.RequestHash, got.Withheld = nil, nil
	want := orders.PlaceRequest{
		Scope: " POST /v1/orders", IdempotencyKey: "key-1", Customer: "c-1",
		Lines: []orders.PlaceLine{{Product: "p1", Quantity: 2, UnitPrice: &orders.Money{Amount: 1999, Currency: "EUR"}}, {Product: "other", Quantity: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	h := w.Header()
	if got := h.Get("Location"); got != "/v1/orders/0190a6a0-0000-7000-8000-000000000001" {
		t.Errorf("Location = %q", got)
	}
	if got, want := h.Get("Aisle-Consistency"), (consistency.Token{CatalogT: 9, OrdersLSN: 2000}).Encode(); got != want {
		t.Errorf("Aisle-Consistency = %q, want %q, which covers the earlier write too", got, want)
	}
	if h.Get("Idempotent-Replay") != "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("Idempotent-Replay = %q, Cache-Control = %q", h.Get("Idempotent-Replay"), h.Get("Cache-Control"))
	}
	b.orders.result.Replayed = true
	w = b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", "key-1")
	wantStatus(t, w, http.StatusCreated)
	if got := w.Header().Get("Idempotent-Replay"); got != "true" {
		t.Errorf("Idempotent-Replay = %q, want true", got)
	}
	if got := b.series("aisle_orders_total"); got != 2 {
		t.Errorf("aisle_orders_total has %d results, want placed and replayed", got)
	}
}

// The hash that tells two requests with one key apart ignores the order of keys
// and blanks, and nothing else (field report G4).
func TestOrderHash(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hash := func(body string) string {
		wantStatus(t, b.do("POST", "/v1/orders", body, "Idempotency-Key", "k"), http.StatusCreated)
		return string(b.orders.request.RequestHash)
	}
	base := hash(`{"customer":"c","lines":[{"product":"p","quantity":1}],"payment":{"a":1,"b":[2]}}`)
	if hash(`{ "payment": {"b":[2], "a":1}, "lines":[ {"quantity":1,"product":"\u0070"} ],"customer":"c"}`) != base {
		t.Error("order of keys changes the hash")
	}
	for _, other := range []string{
		`{"customer":"d","lines":[{"product":"p","quantity":1}],"payment":{"a":1,"b":[2]}}`,
		`{"customer":"c","lines":[{"product":"p","quantity":2}],"payment":{"a":1,"b":[2]}}`,
		`{"customer":"c","lines":[{"product":"p","quantity":1}],"payment":{"a":1,"b":[3]}}`,
		`{"customer":"c","lines":[{"product":"p","quantity":1}]}`,
	} {
		if hash(other) == base {
			t.Errorf("%s has the hash of another order", other)
		}
	}
}

type sqlError string

func (e sqlError) Error() string    { return "server says " + string(e) }
func (e sqlError) SQLState() string { return string(e) }

// Errors of orders become the contract's problems.
func TestOrderErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err   error
		kind  kind
		field string
	}{
		{orders.ErrInProgress, kindInProgress, ""},
		{orders.ErrIdempotencyConflict, kindIdempotency, ""},
		{orders.ErrOrderNotFound, kindNotFound, ""},
		{orders.ErrBusy, kindUnavailable, ""},
		{&orders.FieldError{Field: "customer", Reason: "is odd"}, kindInvalidParameter, "customer"},
		{&orders.OutOfStockError{Lines: []orders.Shortage{{Line: 1, Product: "other", Wanted: 5, Available: 2}}}, kindOutOfStock, "lines[1]"},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, kindUnavailable, ""},
		{sqlError("57P03"), kindUnavailable, ""},
		{sqlError("23514"), kindInternal, ""},
		{errors.New("odd"), kindInternal, ""},
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.orders.err = fmt.Errorf("place order: %w", tt.err)
			if tt.kind != kindNotFound {
				wantProblem(t, b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", "k"), tt.kind, tt.field)
			}
			if tt.kind == kindNotFound || tt.kind == kindUnavailable || tt.kind == kindInternal {
				id := string(sampleOrder().ID)
				wantProblem(t, b.do("GET", "/v1/orders/"+id, ""), tt.kind, tt.field)
				wantProblem(t, b.do("POST", "/v1/orders/"+id+"/cancel", ""), tt.kind, tt.field)
			}
		})
	}
}

// The lines that could not be had are named with what there is.
func TestOrderOutOfStock(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.orders.err = &orders.OutOfStockError{Lines: []orders.Shortage{{Line: 0, Product: "p1", Wanted: 2, Available: 1}, {Line: 1, Product: "other", Wanted: 1}}}
	p := wantProblem(t, b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", "k"), kindOutOfStock, "lines[0]")
	want := []FieldError{{"lines[0]", "2 of p1 wanted, 1 available"}, {"lines[1]", "1 of other wanted, 0 available"}}
	if diff := cmp.Diff(want, p.Errors); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// One order is read and cancelled by its id; what is no id names no order.
func TestOrderByID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := string(sampleOrder().ID)
	body := decodeBody(t, b.do("GET", "/v1/orders/"+id, ""))
	if body["created_at"] != "2026-01-02T03:04:05.006Z" || body["cancelled_at"] != nil {
		t.Errorf("created_at = %v, cancelled_at = %v", body["created_at"], body["cancelled_at"])
	}
	at := instant().Add(time.Hour)
	b.orders.result.Order.Status, b.orders.result.Order.CancelledAt = "cancelled", &at
	w := b.do("POST", "/v1/orders/"+id+"/cancel", "")
	wantStatus(t, w, http.StatusOK)
	if got := decodeBody(t, w)["cancelled_at"]; got != "2026-01-02T04:04:05.006Z" {
		t.Errorf("cancelled_at = %v", got)
	}
	if got, want := w.Header().Get("Aisle-Consistency"), (consistency.Token{OrdersLSN: 2000}).Encode(); got != want {
		t.Errorf("Aisle-Consistency = %q, want %q", got, want)
	}
	for _, odd := range []string{"1", "%00", "x%2Fy", strings.Repeat("a", 300), "0190a6a0000070008000000000000001"} {
		wantProblem(t, b.do("GET", "/v1/orders/"+odd, ""), kindNotFound, "")
		wantProblem(t, b.do("POST", "/v1/orders/"+odd+"/cancel", ""), kindNotFound, "")
	}
	wantProblem(t, b.do("GET", "/v1/orders/%ff", ""), kindInvalidParameter, "id")
	wantProblem(t, b.do("GET", "/v1/orders/"+id+"?x=1", ""), kindInvalidParameter, "x")
	wantProblem(t, b.do("POST", "/v1/orders/"+id+"/cancel", `{}`), kindInvalidParameter, "body")
}

// History is walked by sealed cursors that fit one query of one caller.
func TestOrderHistory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	last := orders.HistoryKey{CreatedAt: instant(), ID: sampleOrder().ID}
	b.orders.page = orders.HistoryPage{Orders: []orders.Order{sampleOrder()}, Next: &last}
	query := "customer=c-1&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00%2B01:00&limit=1"
	body := decodeBody(t, b.do("GET", "/v1/orders?"+query, ""))
	want := orders.HistoryQuery{
		Customer: "c-1", Limit: 1, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 1, 31, 23, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, b.orders.query); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	cursor := url.QueryEscape(body["next"].(string))
	b.orders.page.Next = nil
	if next := decodeBody(t, b.do("GET", "/v1/orders?"+query+"&cursor="+cursor, ""))["next"]; next != nil {
		t.Errorf("next of the last page = %v, want null", next)
	}
	want.After = &last
	if diff := cmp.Diff(want, b.orders.query); diff != "" {
		t.Errorf("second page: want -, got +:\n%s", diff)
	}
	other := wantProblem(t, b.do("GET", "/v1/orders?customer=c-2&cursor="+cursor, ""), kindCursorMismatch, "")
	if advice := "Send customer, from and to as on the first page."; other.Detail != advice {
		t.Errorf("advice on another history: got %q, want %q", other.Detail, advice)
	}
	wantStatus(t, b.do("GET", "/v1/orders?customer=c-1&from=2026-01-01T00:00:00Z&to=2026-01-31T23:00:00Z&cursor="+cursor, ""), http.StatusOK)
	wantProblem(t, b.do("GET", "/v1/orders?customer=c-1&cursor="+cursor, ""), kindCursorMismatch, "")
	first := "A" // of another letter than the cursor's
	if cursor[0] == 'A' {
		first = "B"
	}
	for _, odd := range []string{"", "x", cursor[:len(cursor)-3], first + cursor[1:], strings.Repeat("A", 10_000)} {
		wantProblem(t, b.do("GET", "/v1/orders?"+query+"&cursor="+odd, ""), kindInvalidCursor, "")
	}
	foreign := newBench(t) // another process has another key
	wantProblem(t, foreign.do("GET", "/v1/orders?"+query+"&cursor="+cursor, ""), kindInvalidCursor, "")
	for odd, field := range map[string]string{
		"": "customer", "customer=": "customer", "customer=a%00": "customer", "customer=c&customer=d": "customer",
		"customer=c&from=yesterday": "from", "customer=c&to=2026-13-01T00:00:00Z": "to", "customer=c&limit=0": "limit", "customer=c&limit=101": "limit",
		"customer=c&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": "to", "customer=c&page=2": "page",
	} {
		wantProblem(t, b.do("GET", "/v1/orders?"+odd, ""), kindInvalidParameter, field)
	}
	b.orders.err = errors.New("odd")
	wantProblem(t, b.do("GET", "/v1/orders?customer=c", ""), kindInternal, "")
}

// What the catalogue does not offer cannot be ordered, though it may lie in stock.
func TestOrderNotForSale(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	body := `{"customer":"c","lines":[{"product":"p1","quantity":1},{"product":"hidden","quantity":1},{"product":"gone","quantity":2}]}`
	p := wantProblem(t, b.do("POST", "/v1/orders", body, "Idempotency-Key", "k"), kindOutOfStock, "lines[1]")
	if want := []FieldError{{"lines[1]", "the catalogue does not offer hidden"}, {"lines[2]", "the catalogue does not offer gone"}}; !slices.Equal(p.Errors, want) {
		t.Errorf("got %+v, want %+v", p.Errors, want)
	}
	odd := `{"customer":"c","lines":[{"product":"a\nb","quantity":1}]}` // is offered
	wantStatus(t, b.do("POST", "/v1/orders", odd, "Idempotency-Key", "k"), http.StatusCreated)
	b.orders.result.Replayed = true // the answer to an earlier request stays
	wantStatus(t, b.do("POST", "/v1/orders", body, "Idempotency-Key", "k"), http.StatusCreated)
}
