package drift

import (
	"context"
	"errors"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/indexer/ledger"
	"github.com/aisle-search/aisle/internal/retry"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
)

const (
	// maxSuspects bounds how many products are kept for a second look.
	maxSuspects = 100_000
	// signalGap parts the looks at a signal: it has no time of its own that would
	// tell a stock that went down and up again.
	signalGap = 50 * time.Millisecond
)

// signals compares what the index shows of stock and sales with the sums of the
// rows in Postgres. What is shown is published again from the ledger; where that
// does not help the ledger itself is wrong, and all rows are read anew.
func (c *comparison) signals(ctx context.Context) error {
	before := c.report.left[Signal]
	err := c.suspectSignals(ctx, func(ids []string) error {
		return c.handle(ctx, ids, c.settleSignals, c.from.Pipeline.Republish)
	})
	if err != nil || !c.repair || c.report.left[Signal] == before {
		return err
	}
	if err := c.from.Pipeline.RereadOrders(ctx); err != nil {
		return err
	}
	var still int64
	err = c.suspectSignals(ctx, func(ids []string) error {
		for n := 0; n < len(ids); n += rangeProducts {
			found, err := c.settleSignals(ctx, ids[n:min(len(ids), n+rangeProducts)])
			if err != nil {
				return err
			}
			still += int64(len(found))
		}
		return nil
	})
	c.report.Repaired += c.report.left[Signal] - still
	c.report.Remaining += still - c.report.left[Signal]
	c.report.left[Signal] = still
	return err
}

// suspectSignals compares the sums of one snapshot with what is shown as they
// come, and then lists the products that show something and have no row.
func (c *comparison) suspectSignals(ctx context.Context, receive func(ids []string) error) error {
	pass := signalPass{c: c, met: roaring.New(), receive: receive}
	c.report.Signals = 0
	err := c.from.Orders.Sums(ctx, c.from.Ledger.Windows(), nil, func(sum replication.Sum) error {
		if s, ok := ledger.SignalOf(sum); ok {
			pass.batch = append(pass.batch, s)
		}
		if len(pass.batch) < rangeProducts {
			return nil
		}
		return pass.compare()
	})
	if err == nil {
		err = pass.compare()
	}
	if err != nil {
		return err
	}
	if err := pass.rowless(); err != nil {
		return err
	}
	c.checker.publish(c.published())
	return receive(pass.suspects)
}

// signalPass goes once through all signals.
type signalPass struct {
	c        *comparison
	batch    []search.Signal // as they should be
	met      *roaring.Bitmap // numbers of the products that have rows
	suspects []string
	receive  func(ids []string) error
}

func (p *signalPass) compare() error {
	ids := make([]string, len(p.batch))
	for i, s := range p.batch {
		ids[i] = s.ID
	}
	held, err := p.c.held(ids)
	if err != nil {
		return err
	}
	for i, want := range p.batch {
		p.met.Add(held[i].Number)
		if held[i].Signal != want {
			if err := p.suspect(want.ID); err != nil {
				return err
			}
		}
	}
	p.c.report.Signals += int64(len(p.batch))
	p.batch = p.batch[:0]
	return nil
}

// rowless finds products that show something and have no row.
func (p *signalPass) rowless() (err error) {
	live := p.c.live(func(number uint32, s search.Signal) bool {
		if !p.met.Contains(number) && s != (search.Signal{ID: s.ID}) {
			err = p.suspect(s.ID)
		}
		return err == nil
	})
	return errors.Join(live, err)
}

func (p *signalPass) suspect(id string) error {
	p.suspects = append(p.suspects, id)
	if len(p.suspects) < maxSuspects {
		return nil
	}
	full := p.suspects
	p.suspects = nil
	return p.receive(full)
}

// settleSignals tells which signals differ from the sums for good.
func (c *comparison) settleSignals(ctx context.Context, ids []string) (found []finding, err error) {
	type sight struct {
		want, shown search.Signal
		seen        int
	}
	before := map[string]sight{}
	for range maxLooks {
		wants, err := c.sums(ctx, ids)
		if err != nil {
			return nil, err
		}
		if err := c.reachOrders(ctx); err != nil {
			return nil, err
		}
		held, err := c.held(ids)
		if err != nil {
			return nil, err
		}
		var open []string
		for i, id := range ids {
			now := sight{want: wants[id], shown: held[i].Signal, seen: 1}
			now.want.ID = id
			if now.want == now.shown {
				continue
			}
			if last := before[id]; last.want == now.want && last.shown == now.shown {
				now.seen += last.seen
			}
			if now.seen >= looks {
				found = append(found, finding{id, Signal})
				continue
			}
			before[id], open = now, append(open, id)
		}
		if ids = open; len(ids) == 0 {
			return found, nil
		}
		if !retry.Sleep(ctx, signalGap) {
			return nil, ctx.Err()
		}
	}
	c.report.Unsettled += int64(len(ids))
	return found, nil
}

// sums are what some products' signals should be. A product that has none has no
// row.
func (c *comparison) sums(ctx context.Context, ids []string) (map[string]search.Signal, error) {
	out := make(map[string]search.Signal, len(ids))
	err := c.from.Orders.Sums(ctx, c.from.Ledger.Windows(), ids, func(sum replication.Sum) error {
		if s, ok := ledger.SignalOf(sum); ok {
			out[s.ID] = s
		}
		return nil
	})
	return out, err
}

// reachOrders waits until searches see every row that is committed now.
func (c *comparison) reachOrders(ctx context.Context) error {
	slot, err := c.from.Orders.SlotStatus(ctx)
	if err != nil {
		return err
	}
	if err := c.reach(ctx, consistency.Token{OrdersLSN: uint64(slot.CurrentLSN)}); err != nil {
		return err
	}
	c.report.OrdersPosition = slot.CurrentLSN.String()
	return nil
}
