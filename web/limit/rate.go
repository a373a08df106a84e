package limit

import (
	"container/list"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxCallers bounds how many callers the Limiter remembers; the one not seen for
// longest makes room.
const maxCallers = 10_000

// Limiter holds a token bucket for each caller.
type Limiter struct {
	rate  rate.Limit
	burst int
	now   func() time.Time

	mu      sync.Mutex // guards the fields below
	buckets map[string]*list.Element
	recent  *list.List // of *bucket, last seen in front
}

type bucket struct {
	who    string
	tokens *rate.Limiter
}

// New makes a limiter. perSecond 0 means no bound.
func New(perSecond float64, now func() time.Time) *Limiter {
	return &Limiter{
		rate:    rate.Limit(perSecond),
		burst:   max(1, int(math.Ceil(2*perSecond))),
		now:     now,
		buckets: make(map[string]*list.Element),
		recent:  list.New(),
	}
}

// Take uses one of the caller's tokens and returns 0, or how long until there is
// one.
func (l *Limiter) Take(who string) time.Duration {
	if l.rate == 0 {
		return 0
	}
	now := l.now()
	r := l.bucket(who).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

func (l *Limiter) bucket(who string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.buckets[who]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*bucket).tokens
	}
	if l.recent.Len() >= maxCallers {
		oldest := l.recent.Remove(l.recent.Back()).(*bucket)
		delete(l.buckets, oldest.who)
	}
	b := &bucket{who: who, tokens: rate.NewLimiter(l.rate, l.burst)}
	l.buckets[who] = l.recent.PushFront(b)
	return b.tokens
}
