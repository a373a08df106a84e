package replication

import (
	"time"

	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/pgoutput"
	"github.com/aisle-search/aisle/orders/postgres"
)

// Kind is the kind of row a Change is about.
type Kind uint8

const (
	// KindNone is for changes that carry only a position.
	KindNone Kind = iota
	// KindStock rows say how many of a product can be sold at one place. A
	// product may have several; they add up.
	KindStock
	// KindLine rows are order lines.
	KindLine
)

// Op says what a Change does.
type Op uint8

const (
	// OpCommit ends a transaction, or moves an idle follower: everything up to
	// LSN has been handed over.
	OpCommit Op = iota
	// OpUpsert carries the row's new values.
	OpUpsert
	// OpDelete says that the row Key is gone.
	OpDelete
	// OpTruncate says that all rows of Kind are gone.
	OpTruncate
)

// Change is one row event, or the end of a transaction.
type Change struct {
	Kind Kind
	Op   Op
	// Key is the row's primary key as text, several columns joined by U+001F.
	Key string
	// Product is the product's id. Set for OpUpsert.
	Product string
	// Quantity is pieces on hand less pieces reserved (KindStock) or pieces
	// ordered (KindLine; zero for a line that no longer counts, as when the order
	// was cancelled).
	Quantity int64
	// At is when the line was ordered, by the database's clock (KindLine).
	At time.Time
	// LSN is where the transaction commits; for OpCommit, where it ends, which is
	// the position to acknowledge and to start from. Rows are sent before their
	// transaction's end is known. During a snapshot it is the slot's consistent
	// point.
	LSN postgres.LSN
	// CommittedAt is the database's wall clock at commit. It labels lag and
	// orders nothing.
	CommittedAt time.Time
}

// table is a mapped table with rows of a kind.
type table struct {
	*mapping.Table
	kind Kind
}

// layout turns rows into changes of a kind.
type layout struct {
	*mapping.Layout
	kind Kind
}

// upsert is the change that a row as it is now makes. A row that names no product
// is as good as none.
func (l layout) upsert(row, old []pgoutput.Column) (Change, error) {
	r, err := l.Row(row, old)
	if r.Product == "" {
		return Change{Kind: l.kind, Op: OpDelete, Key: r.Key}, err
	}
	return Change{Kind: l.kind, Op: OpUpsert, Key: r.Key, Product: r.Product, Quantity: r.Quantity, At: r.At}, err
}

// remove is the change that a row makes before a delete, or before an update that
// changed its key.
func (l layout) remove(old []pgoutput.Column) (Change, error) {
	key, err := l.Key(old)
	return Change{Kind: l.kind, Op: OpDelete, Key: key}, err
}
