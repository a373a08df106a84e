package orders

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// MaxHistoryLimit bounds a page of history.
const MaxHistoryLimit = 100

// HistoryQuery asks for a customer's orders, newest first.
type HistoryQuery struct {
	Customer string
	From     time.Time   // inclusive; zero: from the beginning
	To       time.Time   // exclusive; zero: no end
	Limit    int         // 1 to MaxHistoryLimit
	After    *HistoryKey // the last order of the page before; nil: the first page
}

// HistoryKey is an order's place in a history. Orders are sorted by time of
// creation and then id, both descending.
type HistoryKey struct {
	CreatedAt time.Time // microseconds matter, no less
	ID        OrderID
}

// HistoryPage is a page and where the next begins; Next is nil at the end.
type HistoryPage struct {
	Orders []Order
	Next   *HistoryKey
}

// historySQL is answered by the index orders_history alone, in its order.
const historySQL = `select id::text, customer, status, created_at, cancelled_at from orders
	where customer = $1 and created_at >= $2 and created_at < $3 and (created_at, id) < ($4, $5::uuid)
	order by created_at desc, orders.id desc limit $6`

// History reads one page.
func (s *Store) History(ctx context.Context, q HistoryQuery) (HistoryPage, error) {
	if err := validText("customer", q.Customer, maxCustomer); err != nil {
		return HistoryPage{}, err
	}
	if q.Limit < 1 || q.Limit > MaxHistoryLimit {
		return HistoryPage{}, &FieldError{Field: "limit", Reason: fmt.Sprintf("must be 1 to %d", MaxHistoryLimit)}
	}
	rows, err := s.pool.Query(ctx, historySQL, q.arguments()...)
	if err != nil {
		return HistoryPage{}, fmt.Errorf("read history: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanOrder)
	if err != nil {
		return HistoryPage{}, fmt.Errorf("read history: %w", err)
	}
	page := HistoryPage{Orders: list}
	if len(list) > q.Limit {
		page.Orders = list[:q.Limit]
		last := page.Orders[q.Limit-1]
		page.Next = &HistoryKey{CreatedAt: last.CreatedAt, ID: last.ID}
	}
	if err := readLines(ctx, s.pool, page.Orders); err != nil {
		return HistoryPage{}, fmt.Errorf("read lines of history: %w", err)
	}
	return page, nil
}

// Times beyond every order stand for bounds that were not given, so that there
// is one statement with one plan.
func (q HistoryQuery) arguments() []any {
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	last := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	from, to, after := first, last, HistoryKey{CreatedAt: last, ID: OrderID(uuid.Max.String())}
	if !q.From.IsZero() {
		from = q.From
	}
	if !q.To.IsZero() {
		to = q.To
	}
	if q.After != nil {
		after = *q.After
	}
	// One more than asked for tells whether there is a next page.
	return []any{q.Customer, from, to, after.CreatedAt, string(after.ID), q.Limit + 1}
}

// keyVersion is the first byte of an encoded HistoryKey.
const keyVersion = 1

// Encode writes the key as text for a cursor. Whoever hands it to strangers
// seals it.
func (k HistoryKey) Encode() string {
	id, err := uuid.Parse(string(k.ID))
	if err != nil {
		id = uuid.Nil // sorts last: the walk ends
	}
	b := append([]byte{keyVersion}, binary.BigEndian.AppendUint64(nil, uint64(k.CreatedAt.UnixMicro()))...)
	return base64.RawURLEncoding.EncodeToString(append(b, id[:]...))
}

// ParseHistoryKey reads what Encode writes.
func ParseHistoryKey(s string) (HistoryKey, error) {
	invalid := &FieldError{Field: "cursor", Reason: "was not issued by this service"}
	if len(s) > 64 {
		return HistoryKey{}, invalid
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != 1+8+16 || b[0] != keyVersion {
		return HistoryKey{}, invalid
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(b[1:9]))).UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return HistoryKey{}, invalid
	}
	id, err := uuid.FromBytes(b[9:])
	if err != nil {
		return HistoryKey{}, invalid
	}
	return HistoryKey{CreatedAt: at, ID: OrderID(id.String())}, nil
}
