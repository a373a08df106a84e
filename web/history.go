package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

const defaultHistory = 20

// orderJSON is an order as callers see it.
type orderJSON struct {
	ID          string      `json:"id"`
	Customer    string      `json:"customer"`
	Status      string      `json:"status"`
	CreatedAt   reply.Time  `json:"created_at"`
	CancelledAt *reply.Time `json:"cancelled_at"`
	Lines       []lineJSON  `json:"lines"`
}

type lineJSON struct {
	Line      int           `json:"line"`
	Product   string        `json:"product"`
	Quantity  int64         `json:"quantity"`
	UnitPrice *orders.Money `json:"unit_price"`
	Status    string        `json:"status"`
}

func orderView(o orders.Order) orderJSON {
	view := orderJSON{
		ID: string(o.ID), Customer: o.Customer, Status: o.Status,
		CreatedAt: reply.Time(o.CreatedAt), Lines: make([]lineJSON, len(o.Lines)),
	}
	if o.CancelledAt != nil {
		view.CancelledAt = reply.TimeOf(*o.CancelledAt)
	}
	for i, l := range o.Lines {
		view.Lines[i] = lineJSON{l.No, l.Product, l.Quantity, l.UnitPrice, l.Status}
	}
	return view
}

// orderHistory lists a customer's orders, newest first.
func (s *Server) orderHistory(c *gin.Context) error {
	p, err := request.ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	q, cursor, err := parseHistory(p)
	if err != nil {
		return err
	}
	caller := callerName(c)
	if cursor != "" {
		if q.After, err = s.history.Open(caller, q, cursor); err != nil {
			return err
		}
	}
	page, err := s.config.Orders.History(c.Request.Context(), q)
	if err != nil {
		return err
	}
	answer := struct {
		Orders []orderJSON `json:"orders"`
		Next   *string     `json:"next"`
	}{Orders: make([]orderJSON, len(page.Orders))}
	for i, o := range page.Orders {
		answer.Orders[i] = orderView(o)
	}
	if page.Next != nil {
		next := s.history.Seal(caller, q, *page.Next)
		answer.Next = &next
	}
	return reply.Private(c, http.StatusOK, answer)
}

func parseHistory(p *request.Params) (q orders.HistoryQuery, cursor string, err error) {
	q.Customer, _ = p.Text("customer")
	if !request.IsCustomer(q.Customer) {
		p.Fail("customer", request.CustomerRule)
	}
	q.From, q.To = p.Moment("from"), p.Moment("to")
	q.Limit = p.Integer("limit", 1, orders.MaxHistoryLimit, defaultHistory)
	cursor, paging := p.Text("cursor")
	if err := p.Done(); err != nil {
		return q, "", err
	}
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return q, "", request.Invalid("to", "is before from")
	}
	if paging && cursor == "" {
		return q, "", search.ErrInvalidCursor
	}
	return q, cursor, nil
}
