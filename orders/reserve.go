package orders

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// Bounds of a request.
const (
	maxLines    = 200
	maxQuantity = 1_000_000
	maxProduct  = 512 // bytes
	maxCustomer = 255 // bytes
	maxKey      = 255 // bytes
	maxHash     = 64  // bytes
)

// reserve takes the pieces out of what can be sold. The rows are locked in the
// order of product ids, whatever the order of lines, so that buyers of the same
// products wait in line and never in a circle. While they are locked nobody can
// take a piece, so what is read is what there is. Lines of products that are withheld
// are named together with those that are short.
func reserve(ctx context.Context, tx pgx.Tx, lines []PlaceLine, withheld map[string]bool) error {
	wanted := make(map[string]int64, len(lines))
	for _, line := range lines {
		wanted[line.Product] += line.Quantity
	}
	products := slices.Sorted(maps.Keys(wanted))
	available, err := lockStock(ctx, tx, products)
	if err != nil {
		return fmt.Errorf("lock stock: %w", err)
	}
	if short := shortages(lines, wanted, available, withheld); len(short) > 0 {
		return &OutOfStockError{Lines: short}
	}
	quantities := make([]int64, len(products))
	for i, p := range products {
		quantities[i] = wanted[p]
	}
	tag, err := tx.Exec(ctx, `update stock s set reserved = s.reserved + w.quantity, updated_at = now()
		from unnest($1::text[], $2::bigint[]) as w (product_id, quantity)
		where s.product_id = w.product_id and s.on_hand - s.reserved >= w.quantity`, products, quantities)
	if err != nil {
		return fmt.Errorf("reserve stock: %w", err)
	}
	if tag.RowsAffected() != int64(len(products)) {
		return fmt.Errorf("reserve stock: %d of %d rows changed under lock", tag.RowsAffected(), len(products))
	}
	return nil
}

// lockStock returns what is available of each known product.
func lockStock(ctx context.Context, tx pgx.Tx, products []string) (map[string]int64, error) {
	rows, err := tx.Query(ctx, `select product_id, on_hand - reserved from stock
		where product_id = any($1) order by product_id collate "C" for no key update`, products)
	if err != nil {
		return nil, err
	}
	available := make(map[string]int64, len(products))
	var (
		product string
		pieces  int64
	)
	_, err = pgx.ForEachRow(rows, []any{&product, &pieces}, func() error {
		available[product] = pieces
		return nil
	})
	return available, err
}

func shortages(lines []PlaceLine, wanted, available map[string]int64, withheld map[string]bool) []Shortage {
	var short []Shortage
	for i, line := range lines {
		s := Shortage{Line: i, Product: line.Product, Wanted: wanted[line.Product]}
		switch have := available[line.Product]; {
		case withheld[line.Product]:
			s.Withheld = true
			short = append(short, s)
		case have < s.Wanted:
			s.Available = have
			short = append(short, s)
		}
	}
	return short
}

func (r PlaceRequest) validate() error {
	switch {
	case len(r.Scope) > maxKey:
		return tooLong("scope", maxKey)
	case len(r.RequestHash) == 0 || len(r.RequestHash) > maxHash:
		return &FieldError{Field: "request_hash", Reason: fmt.Sprintf("must be 1 to %d bytes long", maxHash)}
	case len(r.Lines) == 0:
		return &FieldError{Field: "lines", Reason: "must not be empty"}
	case len(r.Lines) > maxLines:
		return &FieldError{Field: "lines", Reason: fmt.Sprintf("must be at most %d", maxLines)}
	}
	if err := validText("idempotency_key", r.IdempotencyKey, maxKey); err != nil {
		return err
	}
	if err := validText("customer", r.Customer, maxCustomer); err != nil {
		return err
	}
	for i, line := range r.Lines {
		if err := line.validate(fmt.Sprintf("lines[%d].", i)); err != nil {
			return err
		}
	}
	return nil
}

func (l PlaceLine) validate(prefix string) error {
	if err := validText(prefix+"product", l.Product, maxProduct); err != nil {
		return err
	}
	if l.Quantity < 1 || l.Quantity > maxQuantity {
		return &FieldError{Field: prefix + "quantity", Reason: fmt.Sprintf("must be 1 to %d", maxQuantity)}
	}
	if l.UnitPrice == nil {
		return nil
	}
	if l.UnitPrice.Amount < 0 {
		return &FieldError{Field: prefix + "unit_price.amount", Reason: "must not be negative"}
	}
	if !isCurrency(l.UnitPrice.Currency) {
		return &FieldError{Field: prefix + "unit_price.currency", Reason: "must be three capital letters"}
	}
	return nil
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// validText refuses what Postgres cannot store.
func validText(field, value string, most int) error {
	switch {
	case value == "":
		return &FieldError{Field: field, Reason: "must not be empty"}
	case len(value) > most:
		return tooLong(field, most)
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return &FieldError{Field: field, Reason: "must be UTF-8 text without zero bytes"}
	}
	return nil
}

func tooLong(field string, most int) error {
	return &FieldError{Field: field, Reason: fmt.Sprintf("must be at most %d bytes long", most)}
}
