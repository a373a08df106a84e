package change

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/cmd/aisle/flags"
)

// Prices changes prices by one, up and down in turn.
type Prices struct {
	collection *mongo.Collection
	field      string
	mu         sync.Mutex // guards raised
	raised     map[string]bool
}

// Where says where prices are.
type Where struct {
	MongoURI   string
	Collection string // of the products
	Field      string // path of the price, a number; empty for the usual ones
}

// OpenPrices opens the catalogue and finds the field that holds the price of all of some
// products.
func OpenPrices(ctx context.Context, w Where, ids []string) (*Prices, error) {
	uri, err := connstring.Parse(w.MongoURI)
	if err != nil {
		return nil, flags.Bad(fmt.Errorf("read --mongo-uri: %w", err))
	}
	c, err := mongo.Connect(options.Client().ApplyURI(w.MongoURI))
	if err != nil {
		return nil, fmt.Errorf("open MongoDB: %w", err)
	}
	p := &Prices{
		collection: c.Database(cmp.Or(uri.Database, catalog.DefaultDatabase)).Collection(w.Collection),
		raised:     map[string]bool{},
	}
	if err := p.findField(ctx, w.Field, ids); err != nil {
		return nil, errors.Join(fmt.Errorf("look at prices: %w", err), c.Disconnect(ctx))
	}
	return p, nil
}

// findField finds the field that holds the price of all the products.
func (p *Prices) findField(ctx context.Context, named string, ids []string) error {
	usual := []string{"price", "price.amount"}
	if named != "" {
		usual = []string{named}
	}
	for _, p.field = range usual {
		n, err := p.collection.CountDocuments(ctx, bson.D{
			{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}},
			{Key: p.field, Value: bson.D{{Key: "$type", Value: "number"}}},
		})
		if err != nil || n == int64(len(ids)) {
			return err
		}
	}
	return fmt.Errorf("not all of the %d products have a number in %s of collection %s: give --price-field and --collection",
		len(ids), strings.Join(usual, " or "), p.collection.Name())
}

// Change moves one product's price. No two calls for one product overlap.
func (p *Prices) Change(ctx context.Context, id string) error {
	p.mu.Lock()
	step := 1
	if p.raised[id] {
		step = -1
	}
	p.raised[id] = !p.raised[id]
	p.mu.Unlock()
	_, err := p.collection.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: p.field, Value: step}}}})
	return err
}

// Restore moves back what is up, and disconnects. The writers have ended.
func (p *Prices) Restore(ctx context.Context) error {
	var raised []string
	for id, up := range p.raised {
		if up {
			raised = append(raised, id)
		}
	}
	err := each(ctx, raised, p.Change)
	return errors.Join(err, p.collection.Database().Client().Disconnect(ctx))
}
