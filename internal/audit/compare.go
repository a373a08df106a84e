package audit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
)

const (
	// maxListed is how many products of an answer are walked through.
	maxListed = 500
	// maxPages bounds the pages of that walk, where pages are small.
	maxPages = 30
	// textPage is the page of walks that ask what matches a text.
	textPage = 100
)

// check asks a question and lists what of the answer is wrong.
func (r *run) check(ctx context.Context, q question, rng *rand.Rand) (wrong []string, err error) {
	among, err := r.matchText(ctx, q.text)
	if err != nil {
		return nil, err
	}
	differ := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	found := r.shop.matching(q, "", among)
	first, hits, err := r.read(ctx, q, len(found), differ)
	if err != nil {
		return nil, err
	}
	r.shop.checkHits(q, hits, found, differ)
	wanted := slices.DeleteFunc(slices.Clone(q.facets), func(name string) bool { return name == "auto" })
	for i, f := range first.Facets {
		if i < len(wanted) && f.Name != wanted[i] {
			differ("facet %d is %s, want %s", i, f.Name, wanted[i])
		}
		others := found
		if _, filtered := q.own(f.Name); filtered {
			others = r.shop.matching(q, f.Name, among)
		}
		wrong = append(wrong, r.shop.checkFacet(q, f, others)...)
	}
	if len(first.Facets) < len(wanted) {
		differ("%d facets, want %d", len(first.Facets), len(wanted))
	}
	return wrong, r.checkBucket(ctx, q, first, rng, differ)
}

// matchText are the ids that a text alone finds; nil without a text. Filters do
// not change what a text means, so it is asked without them.
func (r *run) matchText(ctx context.Context, text string) (map[string]bool, error) {
	if text == "" {
		return nil, nil
	}
	ids := map[string]bool{}
	query := url.Values{"q": {text}, "limit": {fmt.Sprint(textPage)}}
	err := r.config.Search.walk(ctx, query, func(a *answer) bool {
		for _, h := range a.Hits {
			ids[h.ID] = true
		}
		return len(a.Hits) > 0
	})
	return ids, err
}

// read asks the question and walks through some pages of the answer.
func (r *run) read(ctx context.Context, q question, total int, differ func(string, ...any)) (first *answer, hits []string, err error) {
	pages := 0
	err = r.config.Search.walk(ctx, q.values(), func(a *answer) bool {
		if pages++; pages == 1 {
			first = a
		}
		if a.Total != total {
			differ("page %d says total %d, want %d", pages, a.Total, total)
		}
		for _, h := range a.Hits {
			hits = append(hits, h.ID)
		}
		if a.Next == nil && len(hits) != total {
			differ("the answer ends after %d products, want %d", len(hits), total)
		}
		return len(hits) < maxListed && pages < maxPages
	})
	return first, hits, err
}

// checkHits compares the products of the first pages with those that match: by
// order where one was asked for, else as a set.
func (s *Shop) checkHits(q question, hits []string, found []*item, differ func(string, ...any)) {
	if q.sort != "" {
		for i, it := range s.ordered(found, q.sort) {
			if i < len(hits) && hits[i] != it.ID {
				differ("hit %d is %q, want %q", i+1, hits[i], it.ID)
				return
			}
		}
		return
	}
	matches := make(map[string]bool, len(found))
	for _, it := range found {
		matches[it.ID] = true
	}
	for _, id := range hits {
		if !matches[id] {
			differ("%q is a hit twice, or should be none", id)
		}
		delete(matches, id)
	}
}

// checkBucket filters by a bucket, as the answer spells it, and expects as many
// products as the bucket counts.
func (r *run) checkBucket(ctx context.Context, q question, a *answer, rng *rand.Rand, differ func(string, ...any)) error {
	ranges := slices.DeleteFunc(slices.Clone(a.Facets), func(f facet) bool { return len(f.Buckets) == 0 })
	if len(ranges) == 0 {
		return nil
	}
	f := ranges[rng.IntN(len(ranges))]
	b := f.Buckets[rng.IntN(len(f.Buckets))]
	q.filters = slices.DeleteFunc(slices.Clone(q.filters), func(own filter) bool { return own.name == f.Name })
	q.filters = append(q.filters, r.shop.filter(f.Name, []string{b.From.text + ".." + b.To.text}))
	q.facets = nil
	inside, err := r.config.Search.ask(ctx, q.values())
	if err == nil && inside.Total != b.Count {
		differ("bucket %s..%s of %s counts %d, but filtering by it finds %d", b.From.text, b.To.text, f.Name, b.Count, inside.Total)
	}
	return err
}
