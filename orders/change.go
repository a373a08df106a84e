package orders

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// LSN is a position in Postgres' write-ahead log.
type LSN uint64

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
	LSN LSN
	// CommittedAt is the database's wall clock at commit. It labels lag and
	// orders nothing.
	CommittedAt time.Time
}

// String writes the position as Postgres does: "16/B374D848".
func (l LSN) String() string {
	return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l))
}

// ParseLSN reads what String writes: two groups of one to eight hexadecimal
// digits. Nothing else is taken.
func ParseLSN(s string) (LSN, error) {
	high, low, ok := strings.Cut(s, "/")
	if !ok {
		return 0, fmt.Errorf("parse LSN %.40q: no slash", s)
	}
	h, err := parseHalf(high)
	if err != nil {
		return 0, fmt.Errorf("parse LSN %.40q: %w", s, err)
	}
	l, err := parseHalf(low)
	if err != nil {
		return 0, fmt.Errorf("parse LSN %.40q: %w", s, err)
	}
	return LSN(h<<32 | l), nil
}

func parseHalf(s string) (uint64, error) {
	if len(s) > 8 || strings.ContainsAny(s, "+-_") {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return 0, strconv.ErrSyntax
	}
	return n, nil
}
