package encode

import (
	"strconv"

	"github.com/cespare/xxhash/v2"

	"github.com/aisle-search/aisle/search"
)

// PageTag is a weak tag: the same products in the same order with the same
// facets. Times, lag, positions, and cursors, which are sealed anew each time,
// do not count; scores count only where they were asked for, since freshness
// moves them a little every moment.
func PageTag(p *search.Page, stale bool) string {
	h := xxhash.New()
	b := make([]byte, 0, 4<<10)
	b = strconv.AppendUint(b, p.Generation, 10)
	b = strconv.AppendBool(b, stale)
	b = strconv.AppendInt(b, int64(p.Total), 10)
	b = strconv.AppendBool(b, p.Next != "")
	b = strconv.AppendBool(b, p.Prev != "")
	b = append(b, p.Paging...)
	b = appendText(b, p.Query.Text)
	b = appendTexts(b, p.Query.Relaxed)
	for i := range p.Facets {
		b = appendFacet(b, &p.Facets[i])
	}
	h.Write(b) // a hash takes everything
	for i := range p.Hits {
		hit := p.Hits[i]
		if hit.Explain == nil {
			hit.Score = 0
		}
		b = appendHit(b[:0], &hit)
		h.Write(b)
	}
	return `W/"` + strconv.FormatUint(h.Sum64(), 36) + `"`
}

// RecordTag is a weak tag of a product: everything but how far the index is.
func RecordTag(r *search.Record) string {
	quiet := *r
	quiet.Positions = nil
	return hashTag(Record(make([]byte, 0, len(r.Detail)+512), &quiet, "", false))
}

func hashTag(b []byte) string { return `W/"` + strconv.FormatUint(xxhash.Sum64(b), 36) + `"` }
