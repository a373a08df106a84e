package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

// maxKeyChars bounds an Idempotency-Key.
const maxKeyChars = 255

func (s *Server) orderPlace(c *gin.Context) error {
	result, err := s.place(c)
	s.metrics.Orders.WithLabelValues(placeResult(result, err)).Inc()
	if err != nil {
		return err
	}
	writeToken(c, consistency.Token{OrdersLSN: uint64(result.LSN)})
	if result.Replayed {
		c.Header("Idempotent-Replay", "true")
	}
	c.Header("Location", "/v1/orders/"+url.PathEscape(string(result.Order.ID)))
	return reply.Private(c, http.StatusCreated, orderView(result.Order))
}

func (s *Server) place(c *gin.Context) (orders.PlaceResult, error) {
	var none orders.PlaceResult
	if err := request.NoParams(c); err != nil {
		return none, err
	}
	if err := checkEarlier(c); err != nil {
		return none, err
	}
	key := c.GetHeader("Idempotency-Key")
	if !request.Visible(key, 1, maxKeyChars) || len(c.Request.Header.Values("Idempotency-Key")) > 1 {
		return none, request.Invalid("Idempotency-Key", "must be one header of 1 to 255 visible ASCII characters")
	}
	body, err := request.ReadBody(c, "application/json")
	if err != nil {
		return none, err
	}
	request, err := request.ParseOrder(body)
	if err != nil {
		return none, err
	}
	// One caller never sees what another did under the same key.
	request.Scope = callerName(c) + " POST /v1/orders"
	request.IdempotencyKey = key
	request.Withheld = func(ctx context.Context) (map[string]bool, error) { return s.withheld(ctx, request.Lines) }
	s.price(c.Request.Context(), request.Lines)
	return s.config.Orders.PlaceOrder(c.Request.Context(), request)
}

// withheld asks the catalogue itself, which is ahead of the index, which products of
// an order it does not offer.
func (s *Server) withheld(ctx context.Context, lines []orders.PlaceLine) (map[string]bool, error) {
	withheld := make(map[string]bool, len(lines))
	for _, line := range lines {
		if _, asked := withheld[line.Product]; asked {
			continue
		}
		document, err := s.config.Products.Get(ctx, catalog.ProductID(line.Product))
		if err != nil && !errors.Is(err, catalog.ErrNotFound) {
			return nil, err
		}
		withheld[line.Product] = err != nil || !s.config.Documents.Published(document.Raw)
	}
	return withheld, nil
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
	return reply.Private(c, http.StatusOK, orderView(order))
}

func (s *Server) orderCancel(c *gin.Context) error {
	id, err := orderID(c)
	if err != nil {
		return err
	}
	if err := checkEarlier(c); err != nil {
		return err
	}
	if err := request.NoBody(c); err != nil {
		return err
	}
	result, err := s.config.Orders.Cancel(c.Request.Context(), id)
	if err != nil {
		return err
	}
	writeToken(c, consistency.Token{OrdersLSN: uint64(result.LSN)})
	return reply.Private(c, http.StatusOK, orderView(result.Order))
}

// orderID reads the id of the path. What is no UUID names no order.
func orderID(c *gin.Context) (orders.OrderID, error) {
	if err := request.NoParams(c); err != nil {
		return "", err
	}
	text, err := request.PathValue(c, "id")
	if err != nil {
		return "", err
	}
	id, err := orders.ParseOrderID(text)
	if err != nil {
		return "", orders.ErrOrderNotFound
	}
	return id, nil
}
