package replication

import (
	"fmt"
	"time"

	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/pgoutput"
	"github.com/aisle-search/aisle/orders/postgres"
)

// decoder turns the log's messages into changes. It keeps what the log has said
// about tables, and whether a transaction is half way through. It must take any
// bytes without panic.
type decoder struct {
	plan     plan
	messages pgoutput.Decoder
	layouts  map[uint32]layout // by table OID, once the log has described it

	inTransaction bool
	commitLSN     postgres.LSN
	commitTime    time.Time
	serverTime    time.Time // of the last keepalive
}

func newDecoder(p plan) *decoder {
	return &decoder{plan: p, layouts: make(map[uint32]layout, 2)}
}

// decode appends what the message says to batch.
func (d *decoder) decode(data []byte, batch []Change) ([]Change, error) {
	m, err := d.messages.Decode(data)
	if err != nil {
		return batch, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	switch m.Kind {
	case pgoutput.Begin:
		d.inTransaction, d.commitLSN, d.commitTime = true, postgres.LSN(m.LSN), m.Time
	case pgoutput.Commit:
		d.inTransaction = false
		return append(batch, Change{Op: OpCommit, LSN: postgres.LSN(m.End), CommittedAt: m.Time}), nil
	case pgoutput.Relation:
		return batch, d.relation(m)
	case pgoutput.Insert, pgoutput.Update, pgoutput.Delete:
		return d.row(m, batch)
	case pgoutput.Truncate:
		return d.truncate(m, batch), nil
	case pgoutput.Logical:
		if m.Name == publicationChanged {
			return batch, fmt.Errorf("%w: the publication was changed after the slot began, so rows were missed", mapping.ErrTableReplaced)
		}
	}
	return batch, nil
}

// relation is sent before a table's first row and whenever the table changes.
func (d *decoder) relation(m pgoutput.Message) error {
	delete(d.layouts, m.Relation)
	for _, t := range []table{d.plan.stock, d.plan.lines} {
		if m.Relation == t.OID {
			l, err := t.Logged(m)
			if err != nil {
				return err
			}
			d.layouts[m.Relation] = layout{Layout: l, kind: t.kind}
			return nil
		}
		if m.Namespace == t.Name[0] && m.Name == t.Name[1] {
			return fmt.Errorf("%w: %s", mapping.ErrTableReplaced, t.SQL())
		}
	}
	return nil
}

func (d *decoder) row(m pgoutput.Message, batch []Change) ([]Change, error) {
	l, mapped := d.layouts[m.Relation]
	if !mapped { // a table in the publication that is not mapped
		return batch, nil
	}
	if m.Kind == pgoutput.Delete {
		gone, err := l.remove(m.Old)
		if err != nil {
			return batch, err
		}
		return append(batch, d.stamp(gone)), nil
	}
	var known []pgoutput.Column // values to stand in for those left out
	if m.OldKind == pgoutput.OldFull {
		known = m.Old
	}
	change, err := l.upsert(m.New, known)
	if err != nil {
		return batch, err
	}
	if m.OldKind != pgoutput.OldNone {
		gone, err := l.remove(m.Old)
		if err != nil {
			return batch, err
		}
		if gone.Key != change.Key {
			batch = append(batch, d.stamp(gone))
		}
	}
	return append(batch, d.stamp(change)), nil
}

func (d *decoder) truncate(m pgoutput.Message, batch []Change) []Change {
	for _, oid := range m.Relations {
		for _, t := range []table{d.plan.stock, d.plan.lines} {
			if oid == t.OID {
				batch = append(batch, d.stamp(Change{Kind: t.kind, Op: OpTruncate}))
			}
		}
	}
	return batch
}

// stamp adds what all rows of a transaction share.
func (d *decoder) stamp(c Change) Change {
	c.LSN, c.CommittedAt = d.commitLSN, d.commitTime
	return c
}
