package search

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aisle-search/aisle/search/match"
	"github.com/aisle-search/aisle/search/rank"
)

// Bounds of cursors.
const (
	cursorVersion  = 1
	maxCursorBytes = 32 << 10
	maxCursorAge   = 24 * time.Hour // from the first page
)

// continuation is what a cursor says: the query, the instant and view it
// began on, the sort key to go on from, and what else that depends on.
type continuation struct {
	Version  int      `json:"v"`
	Text     string   `json:"t,omitempty"`
	Filters  []Filter `json:"f,omitempty"`
	InStock  bool     `json:"s,omitempty"`
	Sort     string   `json:"o,omitempty"`
	Profile  string   `json:"p,omitempty"`
	Limit    int      `json:"l"`
	Instant  int64    `json:"i"` // milliseconds since 1970
	Match    int      `json:"m"` // required concepts to match
	Boot     uint64   `json:"b"` // process that made the view
	Gen      uint64   `json:"g"`
	View     uint64   `json:"n"`
	Key      keyJSON  `json:"k"`
	ID       string   `json:"d"`
	Backward bool     `json:"r,omitempty"`
	Moved    bool     `json:"e,omitempty"` // the view is not the one that the first page was of
	// Statistics are those of the first page, by which products keep their scores.
	Statistics *match.Statistics `json:"w,omitempty"`
}

// keyJSON is a sort key in a cursor: the number by its bits, exactly.
type keyJSON struct {
	SoldOut bool   `json:"a,omitempty"`
	Tier    int    `json:"t,omitempty"`
	Missing bool   `json:"x,omitempty"`
	Number  uint64 `json:"n,omitempty"`
	Text    string `json:"s,omitempty"`
}

func newKeyJSON(k *rank.Key) keyJSON {
	return keyJSON{SoldOut: k.SoldOut, Tier: k.Tier, Missing: k.Missing, Number: math.Float64bits(k.Number), Text: k.Text}
}

func (k keyJSON) value() rank.Key {
	return rank.Key{SoldOut: k.SoldOut, Tier: k.Tier, Missing: k.Missing, Number: math.Float64frombits(k.Number), Text: k.Text}
}

func (s *Store) sealCursor(c *continuation) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return s.sealer.Seal(b), nil
}

// openCursor reads a cursor and checks it against the rest of the query, which
// must be equal or left out. It fills q from the cursor.
func (s *Store) openCursor(q *Query) (*continuation, error) {
	if len(q.Cursor) > maxCursorBytes {
		return nil, ErrInvalidCursor
	}
	plain, err := s.sealer.Open(q.Cursor)
	if err != nil {
		return nil, err
	}
	c := &continuation{}
	if err := json.Unmarshal(plain, c); err != nil {
		return nil, ErrInvalidCursor
	}
	if c.Version != cursorVersion || s.options.Now().Sub(time.UnixMilli(c.Instant)) > maxCursorAge {
		return nil, ErrCursorExpired
	}
	given := q.Empty
	sameFilters := func() bool {
		if len(q.Filters) == 0 && !given.Filters {
			return !slices.ContainsFunc(q.Forced, func(f Filter) bool {
				return !slices.ContainsFunc(c.Filters, func(g Filter) bool { return equalFilter(f, g) })
			})
		}
		return slices.EqualFunc(normalFilters(append(q.Filters, q.Forced...)), c.Filters, equalFilter)
	}
	same := (q.Text == "" && !given.Text || q.Text == c.Text) &&
		sameFilters() &&
		(!q.InStock && !given.InStock || q.InStock == c.InStock) &&
		(q.Sort == "" && !given.Sort || q.Sort == c.Sort) &&
		(q.Profile == "" && !given.Profile || q.Profile == c.Profile)
	if !same {
		return nil, ErrCursorMismatch
	}
	q.Text, q.Filters, q.InStock, q.Sort, q.Profile = c.Text, c.Filters, c.InStock, c.Sort, c.Profile
	if q.Limit == 0 {
		q.Limit = c.Limit
	}
	return c, nil
}

func equalFilter(a, b Filter) bool { return a.Field == b.Field && slices.Equal(a.Values, b.Values) }

// addCursors sets where the page goes on, forward and back.
func (s *Store) addCursors(e *execution, c *continuation, p *Page, found []rank.Candidate, more bool) (err error) {
	hasNext := more || (e.Page.Backward && len(found) > 0)
	hasPrev := c != nil && len(found) > 0
	if e.Page.Backward {
		hasPrev = more
	}
	if !hasNext && !hasPrev {
		return nil
	}
	s.pins.Keep(e.View, c != nil)
	base := continuation{Version: cursorVersion, Text: e.query.Text, Filters: e.query.Filters, InStock: e.query.InStock,
		Sort: e.query.Sort, Profile: e.query.Profile, Limit: e.query.Limit, Instant: e.Instant.UnixMilli(), Boot: s.boot, Gen: e.View.Generation.Number, View: e.View.Sequence}
	base.Moved = p.Paging == PagingKeyset
	if e.Text != nil {
		base.Match = e.Text.Match
		if e.Page.Sort.Field == "" {
			base.Statistics = e.Text.Statistics()
		}
	}
	if hasNext {
		last := &found[len(found)-1]
		base.Key, base.ID = newKeyJSON(&last.Key), string(e.Page.ID(last))
		if p.Next, err = s.sealCursor(&base); err != nil {
			return err
		}
	}
	if hasPrev {
		first := &found[0]
		base.Key, base.ID, base.Backward = newKeyJSON(&first.Key), string(e.Page.ID(first)), true
		if p.Prev, err = s.sealCursor(&base); err != nil {
			return err
		}
	}
	return nil
}
