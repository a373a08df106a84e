package request

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/web/strictjson"
)

// Bounds of an order.
const (
	maxCustomer = 200 // characters
	maxLines    = 100
	maxQuantity = 10_000
)

// ParseOrder reads the body of an order. The request's hash covers its whole
// content, payment included; the order of keys and blanks do not matter.
func ParseOrder(body []byte) (orders.PlaceRequest, error) {
	var r orders.PlaceRequest
	fields, err := strictjson.Object(body)
	if err != nil {
		return r, err
	}
	if err := onlyFields("", fields, "customer", "lines", "payment"); err != nil {
		return r, err
	}
	if r.Customer, err = stringField(fields["customer"]); err != nil || !IsCustomer(r.Customer) {
		return r, Invalid("customer", CustomerRule)
	}
	if payment, given := fields["payment"]; given {
		if _, err := strictjson.Fields("payment", payment); err != nil {
			return r, err
		}
	}
	if r.Lines, err = parseLines(fields["lines"]); err != nil {
		return r, err
	}
	canonical, err := strictjson.Canonical(body)
	if err != nil {
		return r, err
	}
	sum := sha256.Sum256(canonical)
	r.RequestHash = sum[:]
	return r, nil
}

// CustomerRule is what IsCustomer demands, in words.
const CustomerRule = "must be a text of 1 to 200 characters without control characters"

// IsCustomer reports whether s can name a customer.
func IsCustomer(s string) bool {
	return Plain(s, 1, 4*maxCustomer) && utf8.RuneCountInString(s) <= maxCustomer
}

func parseLines(raw json.RawMessage) ([]orders.PlaceLine, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) < 1 || len(list) > maxLines {
		return nil, Invalid("lines", fmt.Sprintf("must be a list of 1 to %d lines", maxLines))
	}
	lines := make([]orders.PlaceLine, len(list))
	for i, item := range list {
		path := fmt.Sprintf("lines[%d]", i)
		fields, err := strictjson.Fields(path, item)
		if err != nil {
			return nil, err
		}
		if err := onlyFields(path+".", fields, "product", "quantity"); err != nil {
			return nil, err
		}
		product, err := stringField(fields["product"])
		if err != nil || !IsProductID(product) || strings.ContainsRune(product, 0) { // which Postgres does not store
			return nil, Invalid(path+".product", "must be a product's id")
		}
		quantity, ok := digits(string(fields["quantity"]))
		if !ok || quantity < 1 || quantity > maxQuantity {
			return nil, Invalid(path+".quantity", fmt.Sprintf("must be a whole number from 1 to %d", maxQuantity))
		}
		lines[i] = orders.PlaceLine{Product: product, Quantity: int64(quantity)}
	}
	return lines, nil
}

// stringField reads a JSON string and nothing else: null is not an empty text.
func stringField(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", errors.New("not a string")
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

func onlyFields(path string, fields map[string]json.RawMessage, known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) {
			return Invalid(path+clip(name), "is not a field of this request")
		}
	}
	return nil
}
