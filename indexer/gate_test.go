package indexer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/indexer/rebuild"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/search/relevance"
)

// spoiled is a set of generations whose new ones are changed by spoil as they are
// written.
type spoiled struct {
	generations
	spoil func(*search.Batch)
}

type spoiledGeneration struct {
	generation
	spoil func(*search.Batch)
}

func (g spoiledGeneration) Commit(ctx context.Context, b search.Batch) error {
	b.Documents = append([]search.Document(nil), b.Documents...)
	g.spoil(&b)
	return g.generation.Commit(ctx, b)
}

func whole(g generation) generation {
	if s, ok := g.(spoiledGeneration); ok {
		return s.generation
	}
	return g
}

func (s spoiled) Begin(schema search.Schema) (generation, error) {
	g, err := s.generations.Begin(schema)
	return spoiledGeneration{g, s.spoil}, err
}

func (s spoiled) Swap(g generation) error    { return s.generations.Swap(whole(g)) }
func (s spoiled) Discard(g generation) error { return s.generations.Discard(whole(g)) }
func (s spoiled) Refuse(g generation, why string) error {
	return s.generations.Refuse(whole(g), why)
}

func (s spoiled) SearchIn(ctx context.Context, g generation, q search.Query) (*search.Page, error) {
	return s.generations.SearchIn(ctx, whole(g), q)
}

// reindexed asks for a rebuild and waits for its end.
func (r *rig) reindexed(force bool) progress.Reindex {
	r.t.Helper()
	r.idle()
	if err := r.p.x.Reindex(r.t.Context(), force); err != nil {
		r.t.Fatal(err)
	}
	return r.ended()
}

// idle waits until no rebuild is under way: one that serves already may not have ended.
func (r *rig) idle() {
	r.t.Helper()
	r.eventually("no rebuild is under way", func() string {
		if s := r.p.x.ReindexStatus(); s != nil && s.State == progress.Running {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

func (r *rig) ended() (s progress.Reindex) {
	r.t.Helper()
	r.eventually("the rebuild ends", func() string {
		if s = *r.p.x.ReindexStatus(); s.State == progress.Running {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	return s
}

func (r *rig) generationStates() (out string) {
	r.t.Helper()
	all, err := r.p.x.Generations()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, g := range all {
		out += fmt.Sprint(g.Number, " ", g.State, "; ")
	}
	return out
}

// A generation that lacks a product, holds one too many or other content is refused,
// with force too; the serving one stays, and the refused one is kept until the next.
func TestDataGate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 30 {
		r.put(fmt.Sprint("P", i), "price", i)
	}
	var spoil atomic.Pointer[func(*search.Batch)]
	r.start(func(c *Config) {
		c.wrap = func(g generations) generations {
			return spoiled{g, func(b *search.Batch) {
				if f := spoil.Load(); f != nil {
					(*f)(b)
				}
			}}
		}
	})
	r.settle()
	for _, tt := range []struct {
		name, want string
		spoil      func(*search.Batch)
	}{
		{"one lost", "products instead of ", func(b *search.Batch) { b.Documents = b.Documents[:max(0, len(b.Documents)-1)] }},
		{"one too many", "products instead of ", func(b *search.Batch) { b.Documents = append(b.Documents, search.Document{ID: "ghost"}) }},
		{"other content", "other content", func(b *search.Batch) {
			if len(b.Documents) > 0 {
				b.Documents[0].Digest++
			}
		}},
		{"contents changed places", "other content", func(b *search.Batch) {
			if len(b.Documents) > 1 {
				b.Documents[0].Digest, b.Documents[1].Digest = b.Documents[1].Digest, b.Documents[0].Digest
			}
		}},
	} {
		spoil.Store(&tt.spoil)
		s := r.reindexed(true)
		if s.State != progress.Refused || !strings.Contains(s.Error, "key ranges") || !strings.Contains(s.Error, tt.want) {
			t.Errorf("%s: got %+v, want refused and %q", tt.name, s, tt.want)
		}
		if got := r.generationStates(); !strings.HasPrefix(got, "1 serving; ") || !strings.Contains(got, "refused") {
			t.Errorf("%s: got %s", tt.name, got)
		}
	}
	spoil.Store(nil)
	if s := r.reindexed(false); s.State != progress.Done {
		t.Errorf("whole again: got %+v", s)
	}
	r.eventually("the refused one has gone", func() string {
		if got := r.generationStates(); strings.Contains(got, "refused") {
			return got
		}
		return ""
	})
	r.settle()
}

// What is lost of the changes that follow the snapshot is noticed, too.
func TestDataGateOfReplay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.put("P1")
	r.put("P2")
	var spoil atomic.Bool
	reached, goOn := make(chan struct{}), make(chan struct{})
	r.start(func(c *Config) {
		c.wrap = func(g generations) generations {
			return spoiled{g, func(b *search.Batch) {
				if spoil.Load() {
					b.Documents = slices.DeleteFunc(b.Documents, func(d search.Document) bool { return d.ID == "late" })
				}
			}}
		}
		c.Catalog = waitingSnapshot{c.Catalog.(*catalog.Source), &spoil, reached, goOn}
	})
	r.settle()
	spoil.Store(true)
	r.idle()
	if err := r.p.x.Reindex(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	<-reached
	r.put("late")
	r.remove("P2")
	r.put("P1", "price", 7)
	close(goOn)
	if s := r.ended(); s.State != progress.Refused || !strings.Contains(s.Error, "1 of 256 key ranges") {
		t.Errorf("got %+v", s)
	}
	spoil.Store(false)
	if s := r.reindexed(false); s.State != progress.Done {
		t.Errorf("whole again: got %+v", s)
	}
	r.wantIDs("P1", "late")
}

// waitingSnapshot is a catalogue whose snapshots wait at their end while asked to.
type waitingSnapshot struct {
	*catalog.Source
	on            *atomic.Bool
	reached, goOn chan struct{}
}

func (w waitingSnapshot) Snapshot(ctx context.Context, receive func(catalog.Change) error) (catalog.Position, error) {
	p, err := w.Source.Snapshot(ctx, receive)
	if w.on.Load() {
		close(w.reached)
		select {
		case <-w.goOn:
		case <-ctx.Done():
		}
	}
	return p, err
}

// A generation that ranks worse is refused; force lets it serve.
func TestJudgmentGate(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 20 {
		r.put(fmt.Sprint("P", i), "title", fmt.Sprint("kettle ", i))
	}
	judgments, err := relevance.ReadJudgments(strings.NewReader("query,docid,rating\nkettle 3,P3,3\nkettle 4,P4,3\nkettle 5,P5,0\n"))
	if err != nil {
		t.Fatal(err)
	}
	var worse atomic.Bool
	r.start(func(c *Config) {
		c.Gate = Gate{Judgments: judgments, Margin: 0.01, Share: 0.1}
		c.wrap = func(g generations) generations {
			return spoiled{g, func(b *search.Batch) {
				for i := range b.Documents {
					if worse.Load() && b.Documents[i].ID == "P3" { // as bad analysis would
						b.Documents[i].Texts = []search.TextValue{{Field: "title", Text: "unfindable"}}
					}
				}
			}}
		}
	})
	r.settle()
	if s := r.reindexed(false); s.State != progress.Done {
		t.Fatalf("as good as before: got %+v", s)
	}
	worse.Store(true)
	if s := r.reindexed(false); s.State != progress.Refused || !strings.Contains(s.Error, "nDCG@10 falls from 1.000 to 0.500") {
		t.Errorf("worse: got %+v", s)
	}
	if got := r.generationStates(); got != "2 serving; 1 previous; 3 refused; " {
		t.Errorf("got %s", got)
	}
	if s := r.reindexed(true); s.State != progress.Done {
		t.Errorf("forced: got %+v", s)
	}
	r.settle()
}

func TestGateJudge(t *testing.T) {
	t.Parallel()
	g := Gate{Margin: 0.05, Share: 0.25}
	before := map[string]float64{"a": 1, "b": 0.5, "c": 0.5, "d": 0}
	for _, tt := range []struct {
		name  string
		after map[string]float64
		want  string
	}{
		{"same", before, ""},
		{"better", map[string]float64{"a": 1, "b": 1, "c": 1, "d": 1}, ""},
		{"one falls, others rise", map[string]float64{"a": 0.5, "b": 1, "c": 0.5, "d": 0}, ""},
		{"two fall, the mean stays", map[string]float64{"a": 0.9, "b": 0.4, "c": 0.7, "d": 0}, "2 of 4"},
		{"the mean falls by more than the margin", map[string]float64{"a": 0.7, "b": 0.5, "c": 0.5, "d": 0}, "falls from 0.500 to 0.425"},
		{"by less", map[string]float64{"a": 0.81, "b": 0.5, "c": 0.5, "d": 0}, ""},
		{"a query finds nothing any more", map[string]float64{"b": 0.5, "c": 0.5, "d": 0}, "falls"},
	} {
		err := g.judge(before, tt.after)
		if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, rebuild.ErrWorse) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	if err := g.judge(nil, nil); err != nil {
		t.Errorf("nothing judged: got %v", err)
	}
}
