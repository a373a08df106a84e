package audit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// wrongShown bounds how many differences of one question are told: usually one
// cause has them all.
const wrongShown = 3

// Walk is one way through all products.
type Walk struct {
	Limit int
	Sort  string // "" is relevance
}

// Config says what to ask.
type Config struct {
	Shop    *Shop
	Search  Search
	Queries int
	Seed    uint64
	Workers int // questions under way at once
	// Walks are made at once, each by itself, while the writers run.
	Walks   []Walk
	Writers []Writer
	// Rate is how many writes a second are made, over all writers.
	Rate float64
	// Difference is told each difference as it is found, by one goroutine at a
	// time.
	Difference func(string)
	// Note is told what was done, likewise.
	Note func(string)
}

// Report is the outcome.
type Report struct {
	Products, Queries, Writes int
	Differences               int
}

// run is one audit.
type run struct {
	config Config
	shop   *Shop

	mu     sync.Mutex // guards report, and the calls of Difference and Note
	report Report
}

// Run compares the server with the shop. Nothing else may write meanwhile.
func Run(ctx context.Context, config Config) (Report, error) {
	r := &run{config: config, shop: config.Shop, report: Report{Products: config.Shop.Len()}}
	// Before anything is written, what is shown must be what the documents say.
	err := r.walkAll(ctx, Walk{Limit: textPage}, true)
	if err == nil && r.shop.Len() > 0 {
		err = r.questions(ctx)
	}
	if err == nil {
		err = r.walks(ctx)
	}
	return r.report, err
}

func (r *run) differ(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Differences++
	r.config.Difference(fmt.Sprintf(format, args...))
}

func (r *run) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.config.Note(fmt.Sprintf(format, args...))
}

// questions asks all questions, each drawn by its own random numbers so that one
// can be repeated.
func (r *run) questions(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.config.Workers))
	var hit, text, filtered, facets int // of those asked, guarded by r.mu
	for n := range r.config.Queries {
		g.Go(func() error {
			rng := rand.New(rand.NewPCG(r.config.Seed, uint64(n)))
			q := (&drawer{Rand: rng, shop: r.shop}).question()
			wrong, err := r.check(ctx, q, rng)
			if err != nil {
				return fmt.Errorf("question %d, %s: %w", n, q, err)
			}
			for i, w := range wrong {
				if i == wrongShown {
					r.differ("question %d: and %d more", n, len(wrong)-wrongShown)
					break
				}
				r.differ("question %d, %s: %s", n, q, w)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.report.Queries++
			hit += count(len(wrong) == 0)
			text += count(q.text != "")
			filtered += count(len(q.filters) > 0)
			facets += len(q.facets)
			return nil
		})
	}
	err := g.Wait()
	r.note("%d questions, %d with text, %d with filters, %d facets: %d answered rightly",
		r.report.Queries, text, filtered, facets, hit)
	return err
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// walks makes all walks while the writers run.
func (r *run) walks(ctx context.Context) error {
	writing, stop := context.WithCancel(ctx)
	defer stop()
	written := make(chan error, 1)
	go func() { written <- r.write(writing) }()
	g, walking := errgroup.WithContext(ctx)
	for _, w := range slices.Clone(r.config.Walks) {
		g.Go(func() error { return r.walkAll(walking, w, false) })
	}
	err := g.Wait()
	stop()
	if failed := <-written; err == nil {
		err = failed
	}
	if len(r.config.Writers) > 0 {
		r.note("%d writes during the walks", r.report.Writes)
	}
	return err
}
