package match

import (
	"context"
	"errors"
	"fmt"

	"github.com/blevesearch/bleve/v2/mapping"
	bleve "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/aisle-search/aisle/search/scratch"
	"github.com/aisle-search/aisle/search/snapshot"
)

// Query is BM25F as one of Bleve's queries, so that it can be combined with
// others and run by Bleve's own collectors. It matches what Store.Search matches
// without relaxing: products that hold all required concepts.
type Query struct {
	matches *Matches
	scores  [][]float64 // by segment and match
	view    *snapshot.View
}

var _ query.Query = (*Query)(nil)

// errForeignReader is returned for a reader that is not one of the view's.
var errForeignReader = errors.New("the reader is not a partition of the query's view")

// NewQuery prepares text for the partitions of v. It is valid while v is held.
func NewQuery(v *snapshot.View, text string) (*Query, error) {
	plan, err := NewPlan(v, text)
	if err != nil {
		return nil, fmt.Errorf("plan text: %w", err)
	}
	sc := &scratch.Memory{}
	m, err := Find(v, plan, plan.Required, nil, sc)
	if err != nil {
		return nil, fmt.Errorf("match text: %w", err)
	}
	defer m.Close()
	q := &Query{matches: m, view: v, scores: make([][]float64, len(m.Segments))}
	for i := range m.Segments {
		if q.scores[i], err = m.Score(i, m.Segments[i].Docs, sc); err != nil {
			return nil, fmt.Errorf("score text: %w", err)
		}
	}
	return q, nil
}

// Readers are Bleve's readers of the view's partitions. They are closed with the
// view, not by the caller.
func Readers(v *snapshot.View) []index.IndexReader {
	out := make([]index.IndexReader, len(v.Partitions))
	for i, p := range v.Partitions {
		out[i] = p.Bleve
	}
	return out
}

// Searcher yields the matches within one partition's reader.
func (q *Query) Searcher(_ context.Context, r index.IndexReader, _ mapping.IndexMapping, _ bleve.SearcherOptions) (bleve.Searcher, error) {
	segment := 0
	for _, p := range q.view.Partitions {
		if index.IndexReader(p.Bleve) == r {
			return newSearcher(q, p, segment), nil
		}
		segment += len(p.Segments)
	}
	return nil, errForeignReader
}

// searcher walks the matches of a partition in order of Bleve's numbers.
type searcher struct {
	segments []Segment
	scores   [][]float64
	offsets  []uint64 // Bleve's number of each segment's first document
	segment  int
	at       int
	count    uint64
}

var _ bleve.Searcher = (*searcher)(nil)

func newSearcher(q *Query, p *snapshot.Partition, from int) *searcher {
	to := from + len(p.Segments)
	s := &searcher{segments: q.matches.Segments[from:to], scores: q.scores[from:to]}
	offset := uint64(0)
	for i, v := range p.Segments {
		s.offsets = append(s.offsets, offset)
		offset += uint64(v.Columns.Documents)
		s.count += uint64(len(s.segments[i].Docs))
	}
	return s
}

// Next is the next match, nil at the end.
func (s *searcher) Next(ctx *bleve.SearchContext) (*bleve.DocumentMatch, error) {
	for ; s.segment < len(s.segments); s.segment, s.at = s.segment+1, 0 {
		m := &s.segments[s.segment]
		if i := s.at; i < len(m.Docs) {
			s.at++
			d := ctx.DocumentMatchPool.Get()
			d.IndexInternalID = index.NewIndexInternalID(d.IndexInternalID, s.offsets[s.segment]+uint64(m.Docs[i]))
			d.Score = s.scores[s.segment][i]
			return d, nil
		}
	}
	return nil, nil
}

// Advance is the first match at or after id that Next has not given, nil at the
// end.
func (s *searcher) Advance(ctx *bleve.SearchContext, id index.IndexInternalID) (*bleve.DocumentMatch, error) {
	n := id.Value()
	for s.segment+1 < len(s.segments) && s.offsets[s.segment+1] <= n {
		s.segment, s.at = s.segment+1, 0
	}
	if s.segment < len(s.segments) && n > s.offsets[s.segment] {
		s.at = seek(s.segments[s.segment].Docs, s.at, uint32(n-s.offsets[s.segment]))
	}
	return s.Next(ctx)
}

// These are what Bleve asks of a searcher beside.

func (s *searcher) Close() error               { return nil }
func (s *searcher) Weight() float64            { return 1 }
func (s *searcher) SetQueryNorm(float64)       {} // scores are comparable as they are
func (s *searcher) Count() uint64              { return s.count }
func (s *searcher) Min() int                   { return 0 }
func (s *searcher) Size() int                  { return 64 }
func (s *searcher) DocumentMatchPoolSize() int { return 1 }
