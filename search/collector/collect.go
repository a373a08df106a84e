package collector

import (
	"math"

	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/signal"
)

// collect offers products to the page, with their text scores before coverage
// (nil: not known, or browsing) and how many concepts they hold (nil: all).
func (w *walker) collect(docs []uint32, scores []float64, matched []uint8) {
	if w.Page.Limit == 0 {
		return
	}
	c := rank.Candidate{Segment: w.number, Text: 1}
	required := 0
	if w.Text != nil {
		required = w.Text.Plan.Required
	}
	full := w.prunes()
	for i, doc := range docs {
		c.Doc, c.Matched = doc, required
		if matched != nil {
			c.Matched = int(matched[i])
		}
		if scores != nil {
			c.Text = scores[i] * rank.Coverage(c.Matched, required)
			if full && c.Matched == w.Page.Worst().Key.Tier && c.Text*w.best < w.Page.Worst().Key.Number {
				continue // as most are; see hopeless
			}
		}
		if w.hopeless(&c) {
			continue
		}
		c.Key = w.key(doc, c.Text, c.Matched)
		w.Page.Offer(c)
		full = w.prunes()
	}
}

// signal is the signal of a document.
func (w *walker) signal(doc uint32) signal.Value {
	if w.View.Signals.Empty() { // a shop without stock or sales
		return signal.Value{}
	}
	return w.View.Signals.At(w.segment.Columns.Ordinals[doc])
}

// prunes tells whether the page is full and by relevance alone.
func (w *walker) prunes() bool {
	p := &w.Page
	return p.Sort.Field == "" && !p.Sort.AvailableFirst && !p.Backward && p.Full()
}

// hopeless tells whether the page is full of products that this one cannot come
// before whatever its factors: then they need not be computed.
func (w *walker) hopeless(c *rank.Candidate) bool {
	if !w.prunes() {
		return false
	}
	p := &w.Page
	worst := &p.Worst().Key
	if c.Matched != worst.Tier {
		return c.Matched < worst.Tier
	}
	return c.Text*w.best < worst.Number ||
		c.Text*w.Profile.AtMost(w.signal(c.Doc)) < worst.Number
}

// key is what the product is ordered by.
func (w *walker) key(doc uint32, text float64, matched int) rank.Key {
	var k rank.Key
	switch {
	case w.Page.Sort.Field == "":
		k = rank.Key{Tier: matched, Number: w.score(doc, text)}
	case w.Page.Sort.ByText:
		if w.byText == nil || w.byText.Rank[doc] == 0 {
			k.Missing = true
		} else {
			k.Text = w.byText.Key(doc)
		}
	case w.byNumber == nil:
		k.Missing = true
	default:
		k = rank.NumberKey(w.byNumber.Extreme(doc, w.Page.Sort.Descending))
	}
	if w.Page.Sort.AvailableFirst {
		k.SoldOut = w.signal(doc).SoldOut()
	}
	return k
}

func (w *walker) score(doc uint32, text float64) float64 {
	return text * w.factors(doc).Product()
}

func (w *walker) factors(doc uint32) rank.Factors {
	released := math.NaN()
	if w.released != nil {
		released = w.released.At(doc)
	}
	return w.Profile.Factors(released, w.signal(doc), w.Instant)
}
