package generate

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// notWanted is how many products of rating 0 a query has at most. The others are
// judged without a limit: an unjudged product counts as not wanted.
const notWanted = 8

// judged are the rules of one query; judgments.yaml explains them.
type judged struct {
	Query string         `yaml:"query"`
	Three []string       `yaml:"three"`
	Two   []string       `yaml:"two"`
	One   []string       `yaml:"one"`
	Zero  []string       `yaml:"zero"`
	Fix   map[string]int `yaml:"fix"` // by a part of the title
}

// judgments makes the CSV file of all queries.
func judgments(products []product) ([]byte, error) {
	queries, err := loadData[judged]("judgments.yaml")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"query", "docid", "rating"}}
	for _, q := range queries {
		rated, err := q.rate(products)
		if err != nil {
			return nil, fmt.Errorf("query %q: %w", q.Query, err)
		}
		rows = append(rows, rated...)
	}
	err = w.WriteAll(rows)
	return out.Bytes(), err
}

// rate lists the judged products, best first.
func (q *judged) rate(products []product) ([][]string, error) {
	byRating := map[int][]string{}
	for _, p := range shuffled(chance("judge "+q.Query), products) {
		if p.status != "published" {
			continue
		}
		rating, known, err := q.ratingOf(&p)
		if err != nil {
			return nil, err
		}
		if known {
			byRating[rating] = append(byRating[rating], p.sku)
		}
	}
	byRating[0] = byRating[0][:min(notWanted, len(byRating[0]))]
	var rows [][]string
	for rating := 3; rating >= 0; rating-- {
		slices.Sort(byRating[rating])
		for _, sku := range byRating[rating] {
			rows = append(rows, []string{q.Query, sku, strconv.Itoa(rating)})
		}
	}
	return rows, nil
}

func (q *judged) ratingOf(p *product) (rating int, known bool, err error) {
	for _, part := range slices.Sorted(maps.Keys(q.Fix)) {
		if strings.Contains(p.title, part) {
			return q.Fix[part], true, nil
		}
	}
	for i, rules := range [][]string{q.Three, q.Two, q.One, q.Zero} {
		for _, rule := range rules {
			fits, err := p.fits(rule)
			if err != nil {
				return 0, false, err
			}
			if fits {
				return 3 - i, true, nil
			}
		}
	}
	return 0, false, nil
}

// fits tells whether all parts of a rule hold: name=a|b, name~part|part, name>n.
func (p *product) fits(rule string) (bool, error) {
	for part := range strings.SplitSeq(rule, ";") {
		part = strings.TrimSpace(part)
		at := strings.IndexAny(part, "=~>")
		if at < 1 {
			return false, fmt.Errorf("rule %q: no =, ~ or >", rule)
		}
		have := p.values(part[:at])
		if !slices.ContainsFunc(strings.Split(part[at+1:], "|"), func(want string) bool {
			return slices.ContainsFunc(have, func(value string) bool { return compare(value, part[at], want) })
		}) {
			return false, nil
		}
	}
	return true, nil
}

func compare(value string, by byte, want string) bool {
	switch by {
	case '~':
		return strings.Contains(value, want)
	case '>':
		return number(value) > number(want)
	}
	return value == want
}

// values are those of a field or an attribute.
func (p *product) values(name string) []string {
	switch name {
	case "kind":
		return []string{p.kind}
	case "brand":
		return []string{p.brand}
	case "title":
		return []string{p.title}
	case "sku":
		return []string{p.sku}
	case "ean":
		return []string{p.ean}
	case "tags":
		return p.tags
	}
	switch v := p.attributes[name].(type) {
	case nil:
		return nil
	case bool:
		return []string{strconv.FormatBool(v)}
	default:
		return []string{show(v)}
	}
}
