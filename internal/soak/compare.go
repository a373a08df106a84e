package soak

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// asLoaded are writes that put every product back.
func (r *run) asLoaded() []mongo.WriteModel {
	models := make([]mongo.WriteModel, 0, len(r.initial))
	for _, d := range r.initial {
		models = append(models, mongo.NewReplaceOneModel().SetFilter(bson.D{{Key: "_id", Value: d.Lookup("_id")}}).SetReplacement(d).SetUpsert(true))
	}
	return models
}

// compare walks through a node's products and holds them against the databases, by
// no code of the index. Of what was loaded and not changed since only the presence
// is compared; verify looks deeper.
func (r *run) compare(ctx context.Context, n *node) error {
	letters, err := r.letters(ctx, n)
	if err != nil {
		return err
	}
	stock, err := r.stock(ctx)
	if err != nil {
		return err
	}
	shown, err := r.shown(ctx, n)
	if err != nil {
		return err
	}
	found, err := r.products.Find(ctx, bson.D{})
	if err != nil {
		return err
	}
	defer found.Close(ctx)
	for found.Next(ctx) {
		id, _ := found.Current.Lookup("_id").StringValueOK()
		status, _ := found.Current.Lookup("status").StringValueOK()
		hit, is := shown[id]
		delete(shown, id)
		switch {
		case letters[id]: // the last good version may still be shown
		case is != (status == "published"):
			r.violate("%s shows %s: %t, its status is %s", n.name, id, is, status)
		case is:
			if wrong := differs(found.Current, hit, stock); wrong != "" {
				r.violate("%s shows %s with %s", n.name, id, wrong)
			}
		}
	}
	for id := range shown {
		r.violate("%s shows %s, which there is not", n.name, id)
	}
	return found.Err()
}

// hit is a product as a search shows it.
type hit struct {
	id, title string
	price     int64
	stock     *int64
}

func differs(document bson.Raw, h hit, stock map[string]int64) string {
	pieces, tracked := stock[h.id]
	if tracked != (h.stock != nil) || tracked && *h.stock != pieces {
		return fmt.Sprintf("other stock than %d, %t", pieces, tracked)
	}
	name, _ := document.Lookup("name").StringValueOK()
	if !strings.HasPrefix(name, "Re") && !strings.HasPrefix(name, "History") {
		return "" // as it was loaded
	}
	if name != h.title {
		return fmt.Sprintf("title %q, want %q", h.title, name)
	}
	if price, is := document.Lookup("price", "amount").AsInt64OK(); is && price != h.price {
		return fmt.Sprintf("price %d, want %d", h.price, price)
	}
	return ""
}

func (r *run) letters(ctx context.Context, n *node) (map[string]bool, error) {
	const most = 200
	address, _, _ := n.now()
	letters := map[string]bool{}
	for offset := 0; ; offset += most {
		var list struct {
			Letters []struct {
				ID string `json:"id"`
			} `json:"dead_letters"`
		}
		code, err := r.get(ctx, fmt.Sprintf("%s/v1/admin/dead-letters?source=catalog&limit=%d&offset=%d", address, most, offset), &list)
		if err != nil || code != http.StatusOK {
			return nil, fmt.Errorf("list dead letters: status %d, %w", code, err)
		}
		for _, l := range list.Letters {
			letters[l.ID] = true
		}
		if len(list.Letters) < most {
			return letters, nil
		}
	}
}

func (r *run) stock(ctx context.Context) (map[string]int64, error) {
	rows, err := r.sql.Query(ctx, `SELECT product_id, on_hand - reserved FROM stock`)
	if err != nil {
		return nil, err
	}
	stock := map[string]int64{}
	var id string
	var pieces int64
	_, err = pgx.ForEachRow(rows, []any{&id, &pieces}, func() error {
		stock[id] = pieces
		return nil
	})
	return stock, err
}

// shown walks through all products of a node.
func (r *run) shown(ctx context.Context, n *node) (map[string]hit, error) {
	all := map[string]hit{}
	query := url.Values{"limit": {"100"}}
	for {
		p, ok := r.ask(ctx, n, query)
		if !ok {
			return nil, fmt.Errorf("walk through %s: no answer", n.name)
		}
		for _, h := range p.Hits {
			if _, twice := all[h.ID]; twice {
				r.violate("walk on %s: %s comes twice", n.name, h.ID)
			}
			shown := hit{id: h.ID, title: h.Product.Title, stock: h.Product.Stock}
			if h.Product.Price != nil {
				shown.price = h.Product.Price.Amount
			}
			all[h.ID] = shown
		}
		if p.Next == nil {
			return all, nil
		}
		query.Set("cursor", *p.Next)
	}
}
