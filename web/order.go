package web

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/web/strictjson"
)

// Bounds of an order.
const (
	maxCustomer = 200 // characters
	maxLines    = 100
	maxQuantity = 10_000
	maxKeyChars = 255 // of an Idempotency-Key
)

func (s *Server) orderPlace(c *gin.Context) error {
	result, err := s.place(c)
	s.metrics.orders.WithLabelValues(placeResult(result, err)).Inc()
	if err != nil {
		return err
	}
	writeToken(c, indexer.Token{OrdersLSN: uint64(result.LSN)})
	if result.Replayed {
		c.Header("Idempotent-Replay", "true")
	}
	c.Header("Location", "/v1/orders/"+url.PathEscape(string(result.Order.ID)))
	return private(c, http.StatusCreated, orderView(result.Order))
}

func (s *Server) place(c *gin.Context) (orders.PlaceResult, error) {
	var none orders.PlaceResult
	if err := onlyParams(c); err != nil {
		return none, err
	}
	if err := checkEarlier(c); err != nil {
		return none, err
	}
	key := c.GetHeader("Idempotency-Key")
	if !visible(key, 1, maxKeyChars) || len(c.Request.Header.Values("Idempotency-Key")) > 1 {
		return none, invalid("Idempotency-Key", "must be one header of 1 to 255 visible ASCII characters")
	}
	body, err := readBody(c, "application/json")
	if err != nil {
		return none, err
	}
	request, err := parseOrder(body)
	if err != nil {
		return none, err
	}
	// One caller never sees what another did under the same key.
	request.Scope = callerName(c) + " POST /v1/orders"
	request.IdempotencyKey = key
	s.price(c.Request.Context(), request.Lines)
	return s.config.Orders.PlaceOrder(c.Request.Context(), request)
}

// price notes at each line what the product costs in the index, which is what
// the shopper saw. A line whose price is not known stays without.
func (s *Server) price(ctx context.Context, lines []orders.PlaceLine) {
	for i := range lines {
		record, err := s.config.Searcher.Product(ctx, lines[i].Product)
		if err != nil {
			continue
		}
		var shown struct {
			Price *orders.Money `json:"price"`
		}
		if json.Unmarshal(record.Display, &shown) != nil || shown.Price == nil {
			continue
		}
		if shown.Price.Amount >= 0 && isCurrency(shown.Price.Currency) {
			lines[i].UnitPrice = shown.Price
		}
	}
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// parseOrder reads the body of an order. The request's hash covers its whole
// content, payment included; the order of keys and blanks do not matter.
func parseOrder(body []byte) (orders.PlaceRequest, error) {
	var r orders.PlaceRequest
	fields, err := strictjson.Object(body)
	if err != nil {
		return r, err
	}
	if err := onlyFields("", fields, "customer", "lines", "payment"); err != nil {
		return r, err
	}
	if r.Customer, err = stringField(fields["customer"]); err != nil || !isCustomer(r.Customer) {
		return r, invalid("customer", customerRule)
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

const customerRule = "must be a text of 1 to 200 characters without control characters"

func isCustomer(s string) bool {
	return plain(s, 1, 4*maxCustomer) && utf8.RuneCountInString(s) <= maxCustomer
}

func parseLines(raw json.RawMessage) ([]orders.PlaceLine, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || len(list) < 1 || len(list) > maxLines {
		return nil, invalid("lines", fmt.Sprintf("must be a list of 1 to %d lines", maxLines))
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
		if err != nil || !plain(product, 1, maxProductID) {
			return nil, invalid(path+".product", "must be a product's id")
		}
		quantity, ok := digits(string(fields["quantity"]))
		if !ok || quantity < 1 || quantity > maxQuantity {
			return nil, invalid(path+".quantity", fmt.Sprintf("must be a whole number from 1 to %d", maxQuantity))
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
			return invalid(path+clip(name), "is not a field of this request")
		}
	}
	return nil
}

// onlyParams refuses any query parameter.
func onlyParams(c *gin.Context) error {
	p, err := parseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	return p.done()
}

// placeResult is the metric label of a placement.
func placeResult(r orders.PlaceResult, err error) string {
	if err == nil {
		if r.Replayed {
			return "replayed"
		}
		return "placed"
	}
	switch p := problemOf(err); {
	case p.kind == kindOutOfStock:
		return "out_of_stock"
	case p.kind == kindIdempotency || p.kind == kindInProgress:
		return "conflict"
	case p.Status < http.StatusInternalServerError:
		return "invalid"
	}
	return "failed"
}

func (s *Server) orderGet(c *gin.Context) error {
	id, err := orderID(c)
	if err != nil {
		return err
	}
	order, err := s.config.Orders.Order(c.Request.Context(), id)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, orderView(order))
}

func (s *Server) orderCancel(c *gin.Context) error {
	id, err := orderID(c)
	if err != nil {
		return err
	}
	if err := checkEarlier(c); err != nil {
		return err
	}
	if err := noBody(c); err != nil {
		return err
	}
	result, err := s.config.Orders.Cancel(c.Request.Context(), id)
	if err != nil {
		return err
	}
	writeToken(c, indexer.Token{OrdersLSN: uint64(result.LSN)})
	return private(c, http.StatusOK, orderView(result.Order))
}

// orderID reads the id of the path. What is no UUID names no order.
func orderID(c *gin.Context) (orders.OrderID, error) {
	if err := onlyParams(c); err != nil {
		return "", err
	}
	text, err := pathValue(c, "id")
	if err != nil {
		return "", err
	}
	id, err := orders.ParseOrderID(text)
	if err != nil {
		return "", orders.ErrOrderNotFound
	}
	return id, nil
}
