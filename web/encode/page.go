package encode

import (
	"strconv"
	"time"

	"github.com/aisle-search/aisle/search"
)

// Info is what a search answer says beside the page.
type Info struct {
	Stale     bool
	Positions string // consistency token of what was seen
	// Lags of the sources, in the order in which they are printed.
	Lags []Lag
}

// Lag is how far one source is behind.
type Lag struct {
	Name string
	Lag  time.Duration
}

// Page writes a search answer. It is written by hand because display
// fields pass through as they are and encoding/json would scan each again;
// a test holds it equal to encoding/json.
func Page(b []byte, p *search.Page, info Info) []byte {
	b = append(b, `{"hits":[`...)
	for i := range p.Hits {
		b = comma(b, i)
		b = appendHit(b, &p.Hits[i])
	}
	b = append(b, `],"total":`...)
	b = strconv.AppendInt(b, int64(p.Total), 10)
	b = append(b, `,"facets":[`...)
	for i := range p.Facets {
		b = comma(b, i)
		b = appendFacet(b, &p.Facets[i])
	}
	b = append(b, `],"next":`...)
	b = appendCursor(b, p.Next)
	b = append(b, `,"prev":`...)
	b = appendCursor(b, p.Prev)
	if p.Paging != "" {
		b = append(b, `,"paging":`...)
		b = appendText(b, p.Paging)
	}
	b = append(b, `,"query":{"text":`...)
	b = appendText(b, p.Query.Text)
	if len(p.Query.Relaxed) > 0 {
		b = append(b, `,"relaxed":`...)
		b = appendTexts(b, p.Query.Relaxed)
	}
	b = append(b, `},"index":`...)
	b = appendIndex(b, p, info)
	b = append(b, `,"took_ms":`...)
	b = appendMillis(b, p.Took)
	return append(b, '}')
}

// PageSize is a guess at the size of the encoded page, on the large side.
func PageSize(p *search.Page) int {
	n := 4 << 10
	for i := range p.Hits {
		n += len(p.Hits[i].Display) + 128
	}
	for i := range p.Facets {
		n += 64 * (1 + len(p.Facets[i].Values) + len(p.Facets[i].Buckets))
	}
	return n
}

func appendIndex(b []byte, p *search.Page, info Info) []byte {
	b = append(b, `{"generation":`...)
	b = strconv.AppendUint(b, p.Generation, 10)
	b = append(b, `,"stale":`...)
	b = strconv.AppendBool(b, info.Stale)
	b = append(b, `,"positions":`...)
	b = appendText(b, info.Positions)
	b = append(b, `,"lag_ms":{`...)
	for i, s := range info.Lags {
		b = comma(b, i)
		b = appendText(b, s.Name)
		b = append(b, ':')
		b = appendMillis(b, s.Lag)
	}
	return append(b, `}}`...)
}

func appendHit(b []byte, h *search.Hit) []byte {
	b = append(b, `{"id":`...)
	b = appendText(b, h.ID)
	b = append(b, `,"score":`...)
	b = appendFloat(b, h.Score)
	b = append(b, `,"product":`...)
	b = appendProduct(b, h.Display, h.Signal)
	if h.Highlights != nil {
		b = append(b, `,"highlights":{`...)
		for i, field := range sortedKeys(h.Highlights) {
			b = comma(b, i)
			b = appendText(b, field)
			b = append(b, ':')
			b = appendTexts(b, h.Highlights[field])
		}
		b = append(b, '}')
	}
	if h.Explain != nil {
		b = append(b, `,"explain":`...)
		b = appendExplanation(b, h.Explain)
	}
	return append(b, '}')
}

func appendExplanation(b []byte, e *search.Explanation) []byte {
	for _, f := range []struct {
		name  string
		value float64
	}{
		{`{"score":`, e.Score}, {`,"text":`, e.Text}, {`,"freshness":`, e.Freshness},
		{`,"availability":`, e.Availability}, {`,"popularity":`, e.Popularity},
	} {
		b = append(b, f.name...)
		b = appendFloat(b, f.value)
	}
	b = append(b, `,"profile":`...)
	b = appendText(b, e.Profile)
	b = append(b, `,"instant":`...)
	b = Time(b, e.Instant)
	b = append(b, `,"terms":[`...)
	for i, t := range e.Terms {
		b = comma(b, i)
		b = append(b, `{"term":`...)
		b = appendText(b, t.Term)
		b = append(b, `,"share":`...)
		b = appendFloat(b, t.Share)
		b = append(b, `,"idf":`...)
		b = appendFloat(b, t.IDF)
		b = append(b, `,"df":`...)
		b = strconv.AppendInt(b, int64(t.DF), 10)
		b = append(b, `,"fields":{`...)
		for j, field := range sortedKeys(t.Fields) {
			b = comma(b, j)
			b = appendText(b, field)
			b = append(b, ':')
			b = appendFloat(b, t.Fields[field])
		}
		b = append(b, `}}`...)
	}
	return append(b, `]}`...)
}

func appendCursor(b []byte, cursor string) []byte {
	if cursor == "" {
		return append(b, `null`...)
	}
	return appendText(b, cursor)
}
