package search

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

// TextQuery is BM25F as one of Bleve's queries, so that it can be combined with
// others and run by Bleve's own collectors. It matches what Store.Search matches
// without relaxing: products that hold all required concepts.
type TextQuery struct {
	matches *textMatches
	scores  [][]float64 // by segment and match
	view    *snapshot.View
}

var _ query.Query = (*TextQuery)(nil)

// errForeignReader is returned for a reader that is not one of the view's.
var errForeignReader = errors.New("the reader is not a partition of the query's view")

// NewTextQuery prepares text for the partitions of v. It is valid while v is held.
func NewTextQuery(v *snapshot.View, text string) (*TextQuery, error) {
	plan, err := planText(v, text)
	if err != nil {
		return nil, fmt.Errorf("plan text: %w", err)
	}
	sc := &scratch.Memory{}
	m, err := matchText(v, plan, plan.required, sc)
	if err != nil {
		return nil, fmt.Errorf("match text: %w", err)
	}
	defer m.close()
	q := &TextQuery{matches: m, view: v, scores: make([][]float64, len(m.segments))}
	for i := range m.segments {
		if q.scores[i], err = m.score(i, m.segments[i].docs, sc); err != nil {
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
func (q *TextQuery) Searcher(_ context.Context, r index.IndexReader, _ mapping.IndexMapping, _ bleve.SearcherOptions) (bleve.Searcher, error) {
	segment := 0
	for _, p := range q.view.Partitions {
		if index.IndexReader(p.Bleve) == r {
			return newTextSearcher(q, p, segment), nil
		}
		segment += len(p.Segments)
	}
	return nil, errForeignReader
}

// textSearcher walks the matches of a partition in order of Bleve's numbers.
type textSearcher struct {
	segments []segmentMatches
	scores   [][]float64
	offsets  []uint64 // Bleve's number of each segment's first document
	segment  int
	at       int
	count    uint64
}

var _ bleve.Searcher = (*textSearcher)(nil)

func newTextSearcher(q *TextQuery, p *snapshot.Partition, from int) *textSearcher {
	to := from + len(p.Segments)
	s := &textSearcher{segments: q.matches.segments[from:to], scores: q.scores[from:to]}
	offset := uint64(0)
	for i, v := range p.Segments {
		s.offsets = append(s.offsets, offset)
		offset += uint64(v.Columns.Documents)
		s.count += uint64(len(s.segments[i].docs))
	}
	return s
}

// Next is the next match, nil at the end.
func (s *textSearcher) Next(ctx *bleve.SearchContext) (*bleve.DocumentMatch, error) {
	for ; s.segment < len(s.segments); s.segment, s.at = s.segment+1, 0 {
		m := &s.segments[s.segment]
		if i := s.at; i < len(m.docs) {
			s.at++
			d := ctx.DocumentMatchPool.Get()
			d.IndexInternalID = index.NewIndexInternalID(d.IndexInternalID, s.offsets[s.segment]+uint64(m.docs[i]))
			d.Score = s.scores[s.segment][i]
			return d, nil
		}
	}
	return nil, nil
}

// Advance is the first match at or after id that Next has not given, nil at the
// end.
func (s *textSearcher) Advance(ctx *bleve.SearchContext, id index.IndexInternalID) (*bleve.DocumentMatch, error) {
	n := id.Value()
	for s.segment+1 < len(s.segments) && s.offsets[s.segment+1] <= n {
		s.segment, s.at = s.segment+1, 0
	}
	if s.segment < len(s.segments) && n > s.offsets[s.segment] {
		s.at = seek(s.segments[s.segment].docs, s.at, uint32(n-s.offsets[s.segment]))
	}
	return s.Next(ctx)
}

func (s *textSearcher) Close() error               { return nil }
func (s *textSearcher) Weight() float64            { return 1 }
func (s *textSearcher) SetQueryNorm(float64)       {} // scores are comparable as they are
func (s *textSearcher) Count() uint64              { return s.count }
func (s *textSearcher) Min() int                   { return 0 }
func (s *textSearcher) Size() int                  { return 64 }
func (s *textSearcher) DocumentMatchPoolSize() int { return 1 }
