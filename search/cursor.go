package search

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/aisle-search/aisle/search/rank"
)

// Bounds of cursors.
const (
	cursorVersion  = 1
	maxCursorBytes = 32 << 10
	maxCursorAge   = 24 * time.Hour // from the first page
)

// cursor is what a continuation token says: the query, the instant and view it
// began on, and the sort key to go on from.
type cursor struct {
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

func (s *Store) sealCursor(c *cursor) (string, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return s.sealer.seal(b), nil
}

// openCursor reads a cursor and checks it against the rest of the query, which
// must be equal or zero. It fills q from the cursor.
func (s *Store) openCursor(q *Query) (*cursor, error) {
	if len(q.Cursor) > maxCursorBytes {
		return nil, ErrInvalidCursor
	}
	plain, err := s.sealer.open(q.Cursor)
	if err != nil {
		return nil, err
	}
	c := &cursor{}
	if err := json.Unmarshal(plain, c); err != nil {
		return nil, ErrInvalidCursor
	}
	if c.Version != cursorVersion || s.options.Now().Sub(time.UnixMilli(c.Instant)) > maxCursorAge {
		return nil, ErrCursorExpired
	}
	same := (q.Text == "" || q.Text == c.Text) &&
		(len(q.Filters) == 0 || slices.EqualFunc(q.Filters, c.Filters, equalFilter)) &&
		(!q.InStock || c.InStock) &&
		(q.Sort == "" || q.Sort == c.Sort) &&
		(q.Profile == "" || q.Profile == c.Profile)
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

// normalise gives equal queries equal form: filters merged by name and sorted.
func (q *Query) normalise() {
	merged := make([]Filter, 0, len(q.Filters))
	for _, f := range q.Filters {
		i := slices.IndexFunc(merged, func(m Filter) bool { return m.Field == f.Field })
		if i < 0 {
			merged = append(merged, Filter{Field: f.Field, Values: slices.Clone(f.Values)})
			continue
		}
		merged[i].Values = append(merged[i].Values, f.Values...)
	}
	slices.SortFunc(merged, func(a, b Filter) int {
		if a.Field < b.Field {
			return -1
		}
		return 1
	})
	for i := range merged {
		slices.Sort(merged[i].Values)
		merged[i].Values = slices.Compact(merged[i].Values)
	}
	q.Filters = merged
	if len(merged) == 0 {
		q.Filters = nil
	}
	if q.Sort == "relevance" {
		q.Sort = ""
	}
	if q.Profile == ProfileDefault {
		q.Profile = ""
	}
}
