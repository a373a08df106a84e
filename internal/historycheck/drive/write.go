package drive

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/aisle-search/aisle/internal/historycheck"
)

// Brand is what all products of a history have in common, to be searched by.
const Brand = "Aisle History"

// product is one that a writer owns.
type product struct {
	id    string
	ready bool // there is a document, where only the stock is written
}

// writer writes its products one by one. Half of them write stock.
type writer struct {
	drive *Drive
	name  string
	stock bool
	next  int   // number of the next new product
	count int64 // writes

	mu       sync.Mutex // guards what follows, which readers look at
	products []product
	token    string // of the latest write
	version  int64  // that token covers
}

func newWriter(d *Drive, n int, stock bool) *writer {
	w := &writer{drive: d, name: fmt.Sprintf("w%d", n), stock: stock}
	for range owned {
		w.products = append(w.products, w.newProduct())
	}
	return w
}

func (w *writer) newProduct() product {
	w.next++
	return product{id: fmt.Sprintf("HISTORY-%s-%d", w.name, w.next)}
}

// series is the name of a product's versions in the history.
func (w *writer) series(id string) string {
	if w.stock {
		return "stock/" + id
	}
	return id
}

func (w *writer) renewAll() {
	for n := range w.products {
		w.renew(n)
	}
}

// renew retires a product.
func (w *writer) renew(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drive.history.Retire(w.series(w.products[n].id), w.drive.now())
	w.products[n] = w.newProduct()
}

// ids are the products as they are now.
func (w *writer) ids() (ids []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.products {
		ids = append(ids, p.id)
	}
	return ids
}

// latest is a token and what it covers.
func (w *writer) latest() (token string, version int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.token, w.version
}

// write makes one write to the database itself or through a node.
func (w *writer) write(ctx context.Context, rng *rand.Rand) {
	w.drive.turn.RLock()
	defer w.drive.turn.RUnlock()
	n := rng.IntN(owned)
	p := &w.products[n] // only this goroutine and Around change it
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if w.stock && !p.ready {
		_, err := w.replace(ctx, p.id, 1)
		w.mu.Lock()
		p.ready = err == nil
		w.mu.Unlock()
		return
	}
	if other := (n + 1) % owned; rng.IntN(10) == 0 && (!w.stock || w.products[other].ready) {
		w.together(ctx, n, other)
		return
	}
	w.count++
	made := historycheck.Write{
		Writer: w.name, Version: w.count, Product: w.series(p.id), Removed: rng.IntN(8) == 0, Invoked: w.drive.now(),
	}
	var token string
	var err error
	node, up := w.drive.node(rng)
	switch {
	case w.stock:
		token, err = w.setStock(ctx, p.id, made)
	case up && rng.IntN(4) == 0:
		token, err = w.throughNode(ctx, node, p.id, made)
	case made.Removed:
		token, err = w.remove(ctx, p.id)
	default:
		token, err = w.replace(ctx, p.id, w.count)
	}
	made.Completed = w.drive.now()
	w.drive.history.Write(made) // one that may have been made may be seen
	if err != nil {
		w.renew(n)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.token, w.version = token, w.count
}

func document(id string, version int64) bson.D {
	return bson.D{
		{Key: "_id", Value: id},
		{Key: "name", Value: fmt.Sprintf("History %d", version)},
		{Key: "status", Value: "published"},
		{Key: "brand", Value: bson.D{{Key: "name", Value: Brand}}},
		{Key: "price", Value: bson.D{{Key: "amount", Value: version}}},
	}
}

// store writes a version of a product.
func (w *writer) store(ctx context.Context, id string, version int64) error {
	_, err := w.drive.config.Shop.Products.ReplaceOne(ctx, bson.D{{Key: "_id", Value: id}}, document(id, version), options.Replace().SetUpsert(true))
	return err
}

func (w *writer) replace(ctx context.Context, id string, version int64) (token string, err error) {
	return w.drive.config.Shop.InCatalog(ctx, func(ctx context.Context) error { return w.store(ctx, id, version) })
}

func (w *writer) remove(ctx context.Context, id string) (token string, err error) {
	return w.drive.config.Shop.InCatalog(ctx, func(ctx context.Context) error {
		_, err := w.drive.config.Shop.Products.DeleteOne(ctx, bson.D{{Key: "_id", Value: id}})
		return err
	})
}

// setStock makes the stock the version, or takes the row away.
func (w *writer) setStock(ctx context.Context, id string, made historycheck.Write) (token string, err error) {
	if made.Removed {
		_, err = w.drive.config.Shop.SQL.Exec(ctx, `DELETE FROM stock WHERE product_id = $1`, id)
	} else {
		_, err = w.drive.config.Shop.SQL.Exec(ctx, setStock, id, made.Version)
	}
	if err != nil {
		return "", err
	}
	return w.drive.config.Shop.OrdersToken(ctx)
}

const setStock = `INSERT INTO stock (product_id, on_hand) VALUES ($1, $2)
	ON CONFLICT (product_id) DO UPDATE SET on_hand = excluded.on_hand`

// throughNode writes by the API.
func (w *writer) throughNode(ctx context.Context, node Node, id string, made historycheck.Write) (token string, err error) {
	method, body := http.MethodPut, any(map[string]any{
		"name": fmt.Sprintf("History %d", made.Version), "status": "published",
		"brand": map[string]any{"name": Brand}, "price": map[string]any{"amount": made.Version},
	})
	if made.Removed {
		method, body = http.MethodDelete, nil
	}
	answer, err := w.drive.at(node).Send(ctx, method, "/v1/products/"+id, body)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if made.Removed && answer.StatusCode == http.StatusNotFound {
		return w.remove(ctx, id) // there was none; that has no token, so another removal makes one
	}
	token = answer.Header.Get("Aisle-Consistency")
	if answer.StatusCode >= 300 || token == "" {
		return "", fmt.Errorf("%s of %s: status %d", method, id, answer.StatusCode)
	}
	return token, nil
}
