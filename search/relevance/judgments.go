package relevance

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxRating bounds a rating; its gain is 1023.
const MaxRating = 10

// Ratings are one query's judgments by product id.
type Ratings map[string]int

// Relevant counts the products that are rated at least 1.
func (r Ratings) Relevant() int {
	n := 0
	for _, rating := range r {
		if rating > 0 {
			n++
		}
	}
	return n
}

// Judgments are the ratings of a set of queries. The zero value holds none.
type Judgments struct {
	queries []string // in order of first mention
	ratings map[string]Ratings
}

// Queries returns the judged queries in the order of their first judgment.
func (j *Judgments) Queries() []string { return slices.Clone(j.queries) }

// Ratings returns the judgments of a query, which are not to be changed.
func (j *Judgments) Ratings(query string) Ratings { return j.ratings[query] }

// Add sets the rating of a product for a query. It says false when there is one
// already and leaves that.
func (j *Judgments) Add(query, id string, rating int) bool {
	if j.ratings == nil {
		j.ratings = map[string]Ratings{}
	}
	of := j.ratings[query]
	if of == nil {
		of = Ratings{}
		j.ratings[query] = of
		j.queries = append(j.queries, query)
	}
	if _, known := of[id]; known {
		return false
	}
	of[id] = rating
	return true
}

// ReadJudgments reads a CSV file (RFC 4180, UTF-8, with or without byte order
// mark) with the header query,docid,rating. It is strict: the first fault ends
// the reading with a *LineError.
func ReadJudgments(r io.Reader) (*Judgments, error) {
	rows := csv.NewReader(withoutBOM(r))
	rows.FieldsPerRecord = 3
	rows.ReuseRecord = true
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, ErrNoJudgments
	}
	if err != nil {
		return nil, lineError(err)
	}
	if want := []string{"query", "docid", "rating"}; !slices.Equal(header, want) {
		return nil, &LineError{Line: 1, Reason: fmt.Sprintf("header is %q, not query,docid,rating", strings.Join(header, ","))}
	}
	return readRows(rows)
}

func readRows(rows *csv.Reader) (*Judgments, error) {
	j := &Judgments{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, lineError(err)
		}
		line, _ := rows.FieldPos(0)
		if err := j.addRow(row); err != nil {
			return nil, &LineError{Line: line, Reason: err.Error()}
		}
	}
	if len(j.queries) == 0 {
		return nil, ErrNoJudgments
	}
	return j, nil
}

func (j *Judgments) addRow(row []string) error {
	for i, name := range []string{"query", "docid", "rating"} {
		if !utf8.ValidString(row[i]) {
			return fmt.Errorf("%s is not UTF-8", name)
		}
	}
	query, id := strings.TrimSpace(row[0]), strings.TrimSpace(row[1])
	if query == "" {
		return errors.New("query is empty")
	}
	if id == "" {
		return errors.New("docid is empty")
	}
	rating, err := strconv.Atoi(strings.TrimSpace(row[2]))
	if err != nil || rating < 0 || rating > MaxRating {
		return fmt.Errorf("rating %q is not a whole number from 0 to %d", row[2], MaxRating)
	}
	if !j.Add(query, id, rating) {
		return fmt.Errorf("%q was judged before for query %q", id, query)
	}
	return nil
}

// lineError turns a fault of the CSV reader into ours; errors of the underlying
// reader stay as they are.
func lineError(err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return err // the reader's own, which callers wrap with what they read
	}
	reason := parse.Err.Error()
	if errors.Is(parse.Err, csv.ErrFieldCount) {
		reason = "not three fields"
	}
	return &LineError{Line: parse.Line, Reason: reason}
}

func withoutBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if head, err := b.Peek(3); err == nil && string(head) == "\uFEFF" {
		_, _ = b.Discard(3) // cannot fail: the bytes were peeked
	}
	return b
}
