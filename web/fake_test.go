package web

import (
	"context"
	"sync"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/drift"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
)

// fakeSearcher answers every query with the same page and keeps the last query.
type fakeSearcher struct {
	page    func() *search.Page
	record  *search.Record
	err     error
	entered chan struct{} // when set, told of each search
	hold    chan struct{} // when set, searches wait for it
	view    atomic.Uint64
	asked   atomic.Int64 // searches

	mu   sync.Mutex // guards last
	last search.Query
}

func (f *fakeSearcher) Search(ctx context.Context, q search.Query) (*search.Page, error) {
	f.mu.Lock()
	f.last = q
	f.mu.Unlock()
	f.asked.Add(1)
	if f.hold != nil {
		f.entered <- struct{}{}
		select {
		case <-f.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if f.err != nil {
		return nil, f.err
	}
	p := f.page()
	p.Generation, p.View = f.Version()
	return p, nil
}

func (f *fakeSearcher) query() search.Query {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *fakeSearcher) Product(_ context.Context, id string) (*search.Record, error) {
	if f.record == nil || f.record.ID != id {
		return nil, search.ErrNotFound
	}
	return f.record, f.err
}

func (f *fakeSearcher) Schema() search.Schema {
	return search.Schema{Fields: []search.Field{
		{Name: "title", Kind: search.Text, Weight: 3, Sort: true},
		{Name: "price", Kind: search.Money, Facet: true, Sort: true, Currency: "EUR", MinorUnits: 2},
		{Name: "sku", Kind: search.Keyword, Identifier: true},
	}}
}

func (f *fakeSearcher) Version() (generation, view uint64) { return 1, f.view.Load() }

func (f *fakeSearcher) Profiles() []string { return []string{"default"} }

// fakeProducts answers writes with a fixed outcome and keeps the last condition.
type fakeProducts struct {
	written catalog.Written
	err     error
	id      catalog.ProductID
	cond    catalog.Condition
	body    string
}

func (f *fakeProducts) Get(_ context.Context, id catalog.ProductID) (catalog.Document, error) {
	if id == "gone" {
		return catalog.Document{}, catalog.ErrNotFound
	}
	return catalog.Document{ID: id, Version: "v1", Raw: bson.Raw(id)}, f.err
}

func (f *fakeProducts) Put(_ context.Context, id catalog.ProductID, doc []byte, cond catalog.Condition) (catalog.Written, error) {
	f.id, f.body, f.cond = id, string(doc), cond
	return f.written, f.err
}

func (f *fakeProducts) Patch(ctx context.Context, id catalog.ProductID, patch []byte, cond catalog.Condition) (catalog.Written, error) {
	return f.Put(ctx, id, patch, cond)
}

func (f *fakeProducts) Delete(ctx context.Context, id catalog.ProductID, cond catalog.Condition) (catalog.Written, error) {
	return f.Put(ctx, id, nil, cond)
}

// Published says no of a product that is called hidden.
func (f *fakeProducts) Published(raw bson.Raw) bool { return string(raw) != "hidden" }

func (f *fakeProducts) DocumentJSON(bson.Raw) ([]byte, error) { return []byte(`{"_id":"p1"}`), nil }

// fakeOrders answers with fixed outcomes and keeps the last requests.
type fakeOrders struct {
	result  orders.PlaceResult
	page    orders.HistoryPage
	err     error
	request orders.PlaceRequest
	query   orders.HistoryQuery
}

func (f *fakeOrders) PlaceOrder(ctx context.Context, r orders.PlaceRequest) (orders.PlaceResult, error) {
	f.request = r
	if r.Withheld == nil || f.err != nil || f.result.Replayed {
		return f.result, f.err
	}
	withheld, err := r.Withheld(ctx)
	if err != nil {
		return orders.PlaceResult{}, err
	}
	var short []orders.Shortage
	for i, line := range r.Lines {
		if withheld[line.Product] {
			short = append(short, orders.Shortage{Line: i, Product: line.Product, Withheld: true})
		}
	}
	if len(short) > 0 {
		return orders.PlaceResult{}, &orders.OutOfStockError{Lines: short}
	}
	return f.result, f.err
}

func (f *fakeOrders) Cancel(context.Context, orders.OrderID) (orders.CancelResult, error) {
	return orders.CancelResult{Order: f.result.Order, LSN: f.result.LSN}, f.err
}

func (f *fakeOrders) Order(context.Context, orders.OrderID) (orders.Order, error) {
	return f.result.Order, f.err
}

func (f *fakeOrders) History(_ context.Context, q orders.HistoryQuery) (orders.HistoryPage, error) {
	f.query = q
	return f.page, f.err
}

// fakeIndexer is a pipeline that stands still.
type fakeIndexer struct {
	status  progress.Status
	samples []progress.Sample
	applied consistency.Token
	letters []indexer.DeadLetter
	report  *drift.Report
	err     error
	forced  bool              // the last reindex was
	wanted  consistency.Token // the last that somebody waited for
	steps   func()            // when set, called at each look at the status
	mu      sync.Mutex        // guards steps' work and status
}

func (f *fakeIndexer) Status() progress.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.steps != nil {
		f.steps()
	}
	return f.status
}

func (f *fakeIndexer) History() []progress.Sample { return f.samples }
func (f *fakeIndexer) Applied() consistency.Token { return f.applied }

func (f *fakeIndexer) WaitFor(ctx context.Context, t consistency.Token) bool {
	f.wanted = t
	if f.applied.Reaches(t) {
		return true
	}
	<-ctx.Done()
	return false
}

func (f *fakeIndexer) Reindex(_ context.Context, force bool) error {
	f.forced = force
	return f.err
}
func (f *fakeIndexer) Rollback(context.Context) error { return f.err }
func (f *fakeIndexer) StopReindex() error             { return f.err }
func (f *fakeIndexer) Generations() ([]search.GenerationInfo, error) {
	return []search.GenerationInfo{{Number: 2, State: search.GenerationServing, Documents: 5, Bytes: 100},
		{Number: 3, State: search.GenerationRefused, Documents: 4, Bytes: 90, Reason: "worse"}}, f.err
}

func (f *fakeIndexer) Verify(bool) error                { return f.err }
func (f *fakeIndexer) VerifyReport() *drift.Report      { return f.report }
func (f *fakeIndexer) AwaitVerify(context.Context) bool { return true }

func (f *fakeIndexer) DeadLetters(_ string, skip, limit int) ([]indexer.DeadLetter, error) {
	return f.letters[min(skip, len(f.letters)):min(skip+limit, len(f.letters))], f.err
}

func (f *fakeIndexer) DeadLetter(source, id string) (indexer.DeadLetter, error) {
	for _, l := range f.letters {
		if l.Source == source && l.ID == id {
			return l, nil
		}
	}
	return indexer.DeadLetter{}, indexer.ErrLetterNotFound
}

func (f *fakeIndexer) ReplayDeadLetter(_ context.Context, source, id string) error {
	if f.err != nil {
		return f.err
	}
	_, err := f.DeadLetter(source, id)
	if id == "heals" {
		f.letters = nil
	}
	return err
}

func (f *fakeIndexer) DropDeadLetter(source, id string) error {
	_, err := f.DeadLetter(source, id)
	return err
}
