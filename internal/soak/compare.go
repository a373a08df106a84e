package soak

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/shop"
)

// compare walks through a node's products and holds them against the databases, by
// no code of the index. Of what was loaded and not changed since only the presence
// is compared; verify looks deeper.
func (r *run) compare(ctx context.Context, n *node) error {
	letters := map[string]bool{}
	if err := r.client(n).EachLetter(ctx, "catalog", func(l client.Letter) { letters[l.ID] = true }); err != nil {
		return fmt.Errorf("list dead letters: %w", err)
	}
	signals, err := r.shop.Signals(ctx)
	if err != nil {
		return err
	}
	shown, err := r.shown(ctx, n)
	if err != nil {
		return err
	}
	documents, err := r.shop.Documents(ctx)
	if err != nil {
		return err
	}
	for _, d := range documents {
		id, _ := d.Lookup("_id").StringValueOK()
		status, _ := d.Lookup("status").StringValueOK()
		product, is := shown[id]
		delete(shown, id)
		switch {
		case letters[id]: // the last good version may still be shown
		case is != (status == "published"):
			r.violate("%s shows %s: %t, its status is %s", n.name, id, is, status)
		case is:
			if wrong := differs(d, product, signals[id]); wrong != "" {
				r.violate("%s shows %s with %s", n.name, id, wrong)
			}
		}
	}
	for id := range shown {
		r.violate("%s shows %s, which there is not", n.name, id)
	}
	return nil
}

func differs(document bson.Raw, p product, s shop.Signals) string {
	if s.Tracked != (p.Stock != nil) || s.Tracked && *p.Stock != s.Stock {
		return fmt.Sprintf("other stock than %d, %t", s.Stock, s.Tracked)
	}
	name, _ := document.Lookup("name").StringValueOK()
	if !shop.Made(name) && !strings.HasPrefix(name, "History") {
		return "" // as it was loaded
	}
	if name != p.Title {
		return fmt.Sprintf("title %q, want %q", p.Title, name)
	}
	if price, is := document.Lookup("price", "amount").AsInt64OK(); is && (p.Price == nil || price != p.Price.Amount) {
		return fmt.Sprintf("price %+v, want %d", p.Price, price)
	}
	return ""
}

// shown walks through all products of a node.
func (r *run) shown(ctx context.Context, n *node) (map[string]product, error) {
	all, _, err := client.Walk(ctx, func(ctx context.Context, query url.Values) (page, error) {
		p, ok := r.ask(ctx, n, query)
		if !ok {
			return p, errors.New("no answer")
		}
		return p, nil
	})
	if err != nil {
		return nil, fmt.Errorf("walk through %s: %w", n.name, err)
	}
	return all, nil
}
