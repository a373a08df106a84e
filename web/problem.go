package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/cursor"
	"github.com/aisle-search/aisle/web/limit"
	"github.com/aisle-search/aisle/web/ops"
	"github.com/aisle-search/aisle/web/request"
	"github.com/aisle-search/aisle/web/strictjson"
)

// kind is one type of problem. Types are part of the contract.
type kind struct {
	Type   string
	Title  string
	Status int
	// retryAfter, when set, says how long a caller should wait.
	retryAfter time.Duration
}

// The problems there are; openapi.yaml lists the same, a test compares.
var (
	kindInvalidParameter = kind{Type: "invalid-parameter", Title: "A parameter or a part of the body is not valid", Status: http.StatusBadRequest}
	kindInvalidCursor    = kind{Type: "invalid-cursor", Title: "The cursor is not one of this service", Status: http.StatusBadRequest}
	kindCursorMismatch   = kind{Type: "cursor-mismatch", Title: "The cursor belongs to another query", Status: http.StatusBadRequest}
	kindUnauthenticated  = kind{Type: "unauthenticated", Title: "A valid key is needed", Status: http.StatusUnauthorized}
	kindForbidden        = kind{Type: "forbidden", Title: "This caller may not do that", Status: http.StatusForbidden}
	kindNotFound         = kind{Type: "not-found", Title: "There is no such thing", Status: http.StatusNotFound}
	kindMethod           = kind{Type: "method-not-allowed", Title: "This path has no such method", Status: http.StatusMethodNotAllowed}
	kindInProgress       = kind{Type: "idempotency-in-progress", Title: "The first request with this key is under way", Status: http.StatusConflict, retryAfter: time.Second}
	kindOutOfStock       = kind{Type: "out-of-stock", Title: "There is not enough stock", Status: http.StatusConflict}
	kindReindexRunning   = kind{Type: "reindex-running", Title: "A reindex is running already", Status: http.StatusConflict}
	kindNoPrevious       = kind{Type: "no-previous-generation", Title: "No previous generation is kept", Status: http.StatusConflict}
	kindReindexIdle      = kind{Type: "reindex-not-running", Title: "No reindex is running", Status: http.StatusConflict}
	kindVerifyRunning    = kind{Type: "verify-running", Title: "A comparison is running already", Status: http.StatusConflict}
	kindNotReplayable    = kind{Type: "not-replayable", Title: "This dead letter cannot be tried again", Status: http.StatusConflict}
	kindCursorExpired    = kind{Type: "cursor-expired", Title: "The cursor can no longer be continued", Status: http.StatusGone}
	kindVersionMismatch  = kind{Type: "version-mismatch", Title: "The product has another version", Status: http.StatusPreconditionFailed}
	kindTooLarge         = kind{Type: "body-too-large", Title: "The body is too large", Status: http.StatusRequestEntityTooLarge}
	kindMediaType        = kind{Type: "unsupported-media-type", Title: "The body has a type that is not understood", Status: http.StatusUnsupportedMediaType}
	kindIdempotency      = kind{Type: "idempotency-conflict", Title: "The key was used for another request", Status: http.StatusUnprocessableEntity}
	kindRateLimited      = kind{Type: "rate-limited", Title: "Too many requests", Status: http.StatusTooManyRequests, retryAfter: time.Second}
	kindInternal         = kind{Type: "internal", Title: "Something went wrong here", Status: http.StatusInternalServerError}
	kindNotReady         = kind{Type: "not-ready", Title: "No index is loaded yet", Status: http.StatusServiceUnavailable, retryAfter: 2 * time.Second}
	kindStale            = kind{Type: "stale", Title: "The index has not reached what was demanded", Status: http.StatusServiceUnavailable, retryAfter: time.Second}
	kindOverloaded       = kind{Type: "overloaded", Title: "Too many searches are in flight", Status: http.StatusServiceUnavailable, retryAfter: time.Second}
	kindUnavailable      = kind{Type: "unavailable", Title: "A database cannot be reached", Status: http.StatusServiceUnavailable, retryAfter: 2 * time.Second}
	// kindGone is written for nobody: the caller left before the answer.
	kindGone = kind{Type: "client-closed-request", Title: "The caller has gone", Status: 499}
)

// FieldError names one wrong input.
type FieldError struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// problem is an error that knows its kind. Handlers return it for what they find
// themselves; errors of other packages become one in problemOf.
type problem struct {
	kind
	Detail string
	Errors []FieldError
	// RetryAfter overrides the kind's.
	RetryAfter time.Duration
	// cause is logged for 5xx and never sent.
	cause error
}

func (p *problem) Error() string {
	if p.cause != nil {
		return p.Type + ": " + p.cause.Error()
	}
	return p.Type + ": " + p.Detail
}

func (p *problem) Unwrap() error { return p.cause }

// level is how loud the access log says it. Not being ready, or shedding, is an
// answer and no fault; a database that is away is somebody's business, and what
// is not in the table is ours.
func (p *problem) level() slog.Level {
	switch p.kind {
	case kindInternal:
		return slog.LevelError
	case kindUnavailable:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// invalid is the problem of one wrong input.
func invalid(field, reason string) *problem {
	return &problem{
		kind:   kindInvalidParameter,
		Detail: field + " " + reason,
		Errors: []FieldError{{field, reason}},
	}
}

// sentinels is the table of errors that others declare, in the order in which
// they are looked for.
var sentinels = []struct {
	err    error
	kind   kind
	detail string
}{
	{search.ErrInvalidCursor, kindInvalidCursor, "Start again without cursor."},
	{search.ErrCursorMismatch, kindCursorMismatch, "Send the parameters of the first page, or the cursor alone."},
	{cursor.ErrMismatch, kindCursorMismatch, "Send customer, from and to as on the first page."},
	{search.ErrCursorExpired, kindCursorExpired, "Start again without cursor."},
	{search.ErrNotFound, kindNotFound, "The index has no such product."},
	{search.ErrNotReady, kindNotReady, "The first index is being built; see /v1/status."},
	{search.ErrClosed, kindNotReady, "The service is stopping."},
	{search.ErrOverloaded, kindOverloaded, "Try again shortly."},
	{limit.ErrFull, kindOverloaded, "Too many searches wait already."},
	{limit.ErrLate, kindOverloaded, "The search did not get its turn in time."},
	{orders.ErrOrderNotFound, kindNotFound, "There is no such order."},
	{orders.ErrInProgress, kindInProgress, "Ask again for its answer."},
	{orders.ErrIdempotencyConflict, kindIdempotency, "Use a new Idempotency-Key for another order."},
	{orders.ErrBusy, kindUnavailable, "The same products are being ordered by many; try again."},
	{catalog.ErrNotFound, kindNotFound, "The catalogue has no such product."},
	{catalog.ErrVersionMismatch, kindVersionMismatch, "Read the product's document again, at /v1/products/{id}/document, and repeat the change."},
	{catalog.ErrConflict, kindUnavailable, "The product is being changed by many; try again."},
	{catalog.ErrUnreachable, kindUnavailable, "Try again shortly."},
	{indexer.ErrReindexRunning, kindReindexRunning, "Follow it at /v1/admin/reindex."},
	{indexer.ErrReindexNotRunning, kindReindexIdle, "There is nothing to stop."},
	{indexer.ErrNoPrevious, kindNoPrevious, "A generation is kept once another has taken its place."},
	{indexer.ErrVerifyRunning, kindVerifyRunning, "Look at /v1/admin/verify."},
	{indexer.ErrLetterNotFound, kindNotFound, "There is no such dead letter."},
	{indexer.ErrNotReplayable, kindNotReplayable, "Rows of orders come again with the next reindex."},
	{indexer.ErrNotReady, kindNotReady, "The first index is being built; see /v1/status."},
	{ops.ErrStopping, kindNotReady, "The service is stopping."},
	{ops.ErrNoReindex, kindNotFound, "There was no reindex since the start."},
	{ops.ErrFollowers, kindOverloaded, "Too many follow the reindex already."},
	{ops.ErrNoVerify, kindNotFound, "Nothing was compared since the service began."},
	{context.Canceled, kindGone, ""},
	{context.DeadlineExceeded, kindUnavailable, "It took too long."},
}

// problemOf turns any error into what the caller is told.
func problemOf(err error) *problem {
	var (
		known   *problem
		input   *request.Error
		media   *request.MediaTypeError
		query   *search.InvalidError
		json    *strictjson.Error
		tooLong *http.MaxBytesError
		order   *orders.FieldError
		stock   *orders.OutOfStockError
		product *catalog.InvalidError
		network net.Error
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &input):
		return invalid(input.Field, input.Reason)
	case errors.As(err, &media):
		return &problem{kind: kindMediaType, Detail: media.Advice}
	case errors.As(err, &query):
		return invalid(query.Field, query.Reason)
	case errors.As(err, &json):
		return invalid(fieldOr(json.Path, "body"), json.Reason)
	case errors.As(err, &order):
		return invalid(order.Field, order.Reason)
	case errors.As(err, &product):
		return notProduct(product)
	case errors.As(err, &stock):
		return outOfStock(stock)
	case errors.As(err, &tooLong):
		return &problem{kind: kindTooLarge, Detail: fmt.Sprintf("The body may have at most %d bytes.", tooLong.Limit)}
	}
	for _, s := range sentinels {
		if errors.Is(err, s.err) {
			return &problem{kind: s.kind, Detail: s.detail, cause: err}
		}
	}
	if errors.As(err, &network) || unavailable(err) {
		return &problem{kind: kindUnavailable, Detail: "Try again shortly.", cause: err}
	}
	return &problem{kind: kindInternal, Detail: "The request id tells the operator what happened.", cause: err}
}

// unavailable reports whether err says that a database is down, starting,
// stopping or out of connections.
func unavailable(err error) bool {
	if catalog.Unavailable(err) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true
	}
	var postgres interface{ SQLState() string }
	if !errors.As(err, &postgres) {
		return false
	}
	state := postgres.SQLState()
	for _, class := range []string{"08", "53", "57P"} {
		if strings.HasPrefix(state, class) {
			return true
		}
	}
	return false
}

// notProduct lists what is wrong with a document.
func notProduct(e *catalog.InvalidError) *problem {
	p := &problem{kind: kindInvalidParameter, Detail: "The document does not fit the schema."}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, FieldError{fieldOr(f.Field, "document"), f.Reason})
	}
	return p
}

// outOfStock names the lines that could not be had.
func outOfStock(e *orders.OutOfStockError) *problem {
	p := &problem{kind: kindOutOfStock, Detail: "Nothing was ordered."}
	for _, line := range e.Lines {
		reason := fmt.Sprintf("%d of %s wanted, %d available", line.Wanted, line.Product, line.Available)
		if line.Withheld {
			reason = "the catalogue does not offer " + line.Product
		}
		p.Errors = append(p.Errors, FieldError{fmt.Sprintf("lines[%d]", line.Line), reason})
	}
	return p
}

func fieldOr(field, otherwise string) string {
	if field == "" {
		return otherwise
	}
	return field
}

// write answers with the problem document.
func (p *problem) write(c *gin.Context) {
	if p.Status == kindGone.Status {
		c.Status(p.Status)
		return
	}
	h := c.Writer.Header()
	for _, name := range []string{"ETag", "Cache-Control", "Last-Modified"} {
		h.Del(name) // what was meant for the answer that did not come
	}
	h.Set("Cache-Control", "no-store")
	if wait := max(p.RetryAfter, p.retryAfter); wait > 0 {
		// Whole seconds, rounded up: never earlier than it makes sense.
		h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="aisle"`)
	}
	body, err := json.Marshal(struct {
		Type      string       `json:"type"`
		Title     string       `json:"title"`
		Status    int          `json:"status"`
		Detail    string       `json:"detail,omitempty"`
		Errors    []FieldError `json:"errors,omitempty"`
		RequestID string       `json:"request_id"`
	}{p.Type, p.Title, p.Status, p.Detail, p.Errors, requestID(c)})
	if err != nil { // strings and ints only: cannot happen
		body = []byte(`{"type":"internal","status":500}`)
	}
	c.Data(p.Status, "application/problem+json", body)
}
