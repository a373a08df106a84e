package answers

import (
	"container/list"
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Version is what an answer was made from. Later ones are larger.
type Version struct{ Generation, View uint64 }

// Before tells whether v is earlier than other.
func (v Version) Before(other Version) bool {
	return v.Generation < other.Generation || v.Generation == other.Generation && v.View < other.View
}

// Answer is a value and what it was made from.
type Answer[V any] struct {
	Value   V
	Version Version
	Bytes   int // about, in memory
}

// Outcome is how a question was answered.
type Outcome int

const (
	Miss      Outcome = iota // by asking
	Hit                      // kept, and current
	Stale                    // kept, of the version before; it is being replaced
	Coalesced                // together with another caller's
)

// String is the outcome as a metric's label.
func (o Outcome) String() string { return [...]string{"miss", "hit", "stale", "coalesced"}[o] }

// Limits bound a Cache.
type Limits struct {
	Bytes int64 // kept in all; 0 keeps nothing
	// Soft is how long after a new version came an answer of an earlier one may still
	// be given. 0: not at all.
	Soft time.Duration
	// Hard is how long an answer may be kept even if nothing changes: freshness moves
	// with the clock.
	Hard time.Duration
	// Refreshes in the background at once; 0 means one.
	Refreshes int
	// Timeout bounds one asking.
	Timeout time.Duration
}

// Cache keeps answers by question.
type Cache[V any] struct {
	limits Limits
	now    func() time.Time
	group  singleflight.Group
	places chan struct{} // a place each for refreshes
	flying sync.WaitGroup

	mu     sync.Mutex // guards all below
	byKey  map[string]*list.Element
	recent *list.List // of *entry; the one used last in front
	bytes  int64
}

type entry[V any] struct {
	key     string
	answer  Answer[V]
	made    time.Time
	current time.Time // when it was last known to be
}

// New makes an empty cache. Close waits for what it does in the background.
func New[V any](l Limits, now func() time.Time) *Cache[V] {
	return &Cache[V]{limits: l, now: now, places: make(chan struct{}, max(1, l.Refreshes)),
		byKey: map[string]*list.Element{}, recent: list.New()}
}

// Close waits for refreshes under way; nothing may be asked afterwards.
func (c *Cache[V]) Close() { c.flying.Wait() }

// Bytes are kept now.
func (c *Cache[V]) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// Get gives the answer to key. current is the version that an answer would be made
// from now; ask makes one. ask is not cancelled by the caller's leaving, since others
// may wait for it.
func (c *Cache[V]) Get(ctx context.Context, key string, current Version, ask func(context.Context) (Answer[V], error)) (v V, o Outcome, err error) {
	kept, fresh, ok := c.lookup(key, current)
	if ok && fresh {
		return kept.Value, Hit, nil
	}
	if ok && c.refresh(ctx, key, current, ask) {
		return kept.Value, Stale, nil
	}
	flight := c.fly(ctx, key, current, ask)
	select {
	case r := <-flight:
		o = Miss
		if r.Shared {
			o = Coalesced
		}
		if r.Err != nil {
			return v, o, r.Err
		}
		a := r.Val.(Answer[V])
		if c.limits.Soft == 0 && a.Version.Before(current) { // the flight had begun before
			a, err = ask(ctx)
			return a.Value, Miss, err
		}
		return a.Value, o, nil
	case <-ctx.Done():
		return v, Miss, ctx.Err()
	}
}

// lookup finds an answer that may be given; fresh when it is current.
func (c *Cache[V]) lookup(key string, current Version) (a Answer[V], fresh, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.byKey[key]
	if element == nil {
		return a, false, false
	}
	e := element.Value.(*entry[V])
	now := c.now()
	if now.Sub(e.made) > c.limits.Hard {
		c.dropLocked(element)
		return a, false, false
	}
	c.recent.MoveToFront(element)
	if !e.answer.Version.Before(current) {
		e.current = now
		return e.answer, true, true
	}
	return e.answer, false, now.Sub(e.current) <= c.limits.Soft
}

// refresh makes the next answer in the background, if there is a place for that.
func (c *Cache[V]) refresh(ctx context.Context, key string, current Version, ask func(context.Context) (Answer[V], error)) bool {
	select {
	case c.places <- struct{}{}:
	default:
		return false
	}
	c.flying.Go(func() {
		defer func() { <-c.places }()
		<-c.fly(ctx, key, current, ask) // an error is met again by who asks next
	})
	return true
}

// fly asks, or joins who is asking. One who has asked since the caller looked has left
// the answer.
func (c *Cache[V]) fly(ctx context.Context, key string, current Version, ask func(context.Context) (Answer[V], error)) <-chan singleflight.Result {
	return c.group.DoChan(key, func() (_ any, err error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.limits.Timeout)
		defer cancel()
		defer func() {
			if p := recover(); p != nil { // nobody above would
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		if kept, fresh, ok := c.lookup(key, current); ok && fresh {
			return kept, nil
		}
		a, err := ask(ctx)
		if err == nil {
			c.keep(key, a)
		}
		return a, err
	})
}

// keep stores an answer unless a later one is there.
func (c *Cache[V]) keep(key string, a Answer[V]) {
	size := int64(a.Bytes + len(key))
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.byKey[key]; old != nil {
		if a.Version.Before(old.Value.(*entry[V]).answer.Version) {
			return
		}
		c.dropLocked(old)
	}
	if size > c.limits.Bytes/8 { // it would push out too many others
		return
	}
	now := c.now()
	c.byKey[key] = c.recent.PushFront(&entry[V]{key: key, answer: a, made: now, current: now})
	for c.bytes += size; c.bytes > c.limits.Bytes; {
		c.dropLocked(c.recent.Back())
	}
}

func (c *Cache[V]) dropLocked(element *list.Element) {
	e := c.recent.Remove(element).(*entry[V])
	delete(c.byKey, e.key)
	c.bytes -= int64(e.answer.Bytes + len(e.key))
}
