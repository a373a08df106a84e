package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/answers"
	"github.com/aisle-search/aisle/web/encode"
	"github.com/aisle-search/aisle/web/pages"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

func (s *Server) searchGet(c *gin.Context) error {
	p, err := request.ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	return s.search(c, p)
}

func (s *Server) searchPost(c *gin.Context) error {
	if c.Request.URL.RawQuery != "" {
		return request.Invalid("query string", "is not expected here; everything goes into the body")
	}
	body, err := request.ReadBody(c, "application/json")
	if err != nil {
		return err
	}
	p, err := request.BodyParams(body)
	if err != nil {
		return err
	}
	return s.search(c, p)
}

// search answers one search, whichever way its parameters came.
func (s *Server) search(c *gin.Context, p *request.Params) error {
	r, err := request.ParseSearch(p)
	if err != nil {
		return err
	}
	if err := s.force(c, &r.Query); err != nil {
		return err
	}
	ctx := c.Request.Context()
	demand, err := s.demand(ctx, r.Demand)
	if err != nil {
		return s.refused(err)
	}
	f, err := s.lookup(c, r)
	if err != nil {
		return s.refused(err)
	}
	stale := !f.seen.Reaches(demand)
	if stale {
		s.metrics.Stale.Inc()
		if r.Strict {
			return &problem{kind: kindStale, Detail: "The index has not reached what the token demands."}
		}
	}
	f.page = s.conceal(c, f.page)
	return s.answer(c, r, f, encode.Info{Stale: stale, Positions: f.seen.Join(f.shown).Encode(), Lags: s.lags()})
}

// found is a page with the positions that it has seen.
type found struct {
	page  *search.Page
	seen  consistency.Token
	shown consistency.Token // of which it shows something, perhaps not all
	tag   string            // of the page; empty: not made yet
}

// maxAnswerAge bounds how long an answer is kept while nothing changes. It is far
// below the time for which the view of its cursor is kept.
const maxAnswerAge = 10 * time.Second

// lookup gives an answer kept from lately, or searches. Kept answers are not for
// those who demand a token, page by cursor, want to know how a score came about, or
// say no-cache or no-store.
func (s *Server) lookup(c *gin.Context, r request.Search) (found, error) {
	ctx := c.Request.Context()
	ask := func(ctx context.Context) (answers.Answer[*found], error) {
		f := &found{}
		before := s.config.Indexer.Applied()
		var err error
		if f.page, err = s.find(ctx, r.Query); err != nil {
			return answers.Answer[*found]{}, err
		}
		f.seen, f.shown = consistency.Of(f.page.Positions), consistency.ShownOf(f.page.Positions)
		if f.page.Pinned { // it shows what was there when it was current
			f.seen = s.seen(noted(f.page, consistency.Token{}), f.seen)
		} else {
			f.seen = noted(f.page, s.seen(before, f.seen))
		}
		return answers.Answer[*found]{Value: f, Version: answers.Version{Generation: f.page.Generation, View: f.page.View},
			Bytes: encode.PageSize(f.page)}, nil
	}
	if s.config.CacheBytes == 0 || r.HasToken || r.Query.Cursor != "" || r.Query.Explain || bypasses(c.Request.Header) {
		a, err := ask(ctx)
		if err != nil {
			return found{}, err
		}
		if s.config.CacheBytes > 0 {
			c.Header("Cache-Status", "aisle; fwd=bypass")
		}
		return *a.Value, nil
	}
	return s.kept(c, r, ask)
}

// kept asks the cache, and tells how it answered (RFC 9211).
func (s *Server) kept(c *gin.Context, r request.Search, ask func(context.Context) (answers.Answer[*found], error)) (found, error) {
	key, err := json.Marshal(r.Query)
	if err != nil {
		return found{}, fmt.Errorf("spell out search: %w", err)
	}
	start := s.config.Now()
	seen := s.config.Indexer.Applied()
	var now answers.Version
	now.Generation, now.View = s.config.Searcher.Version()
	got, outcome, err := s.answers.Get(c.Request.Context(), string(key), now, func(ctx context.Context) (answers.Answer[*found], error) {
		a, err := ask(ctx)
		if err == nil {
			a.Value.tag = encode.PageTag(a.Value.page, false)
		}
		return a, err
	})
	if err != nil {
		return found{}, err
	}
	s.metrics.Cache.WithLabelValues(outcome.String()).Inc()
	c.Header("Cache-Status", cacheStatus[outcome])
	f := *got
	if outcome == answers.Hit { // the view is the current one
		f.seen = noted(f.page, f.seen.Join(seen))
	}
	page := *got.page // shared with other callers
	page.Took = s.config.Now().Sub(start)
	f.page = &page
	return f, nil
}

var cacheStatus = map[answers.Outcome]string{
	answers.Miss:      "aisle; fwd=miss",
	answers.Hit:       "aisle; hit",
	answers.Stale:     "aisle; hit; detail=refreshing",
	answers.Coalesced: "aisle; fwd=miss; collapsed",
}

// bypasses tells whether a caller wants no kept answer.
func bypasses(h http.Header) bool {
	for _, v := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(v, ",") {
			switch strings.ToLower(strings.TrimSpace(directive)) {
			case "no-cache", "no-store", "max-age=0":
				return true
			}
		}
	}
	return false
}

// find runs the search when its turn comes.
func (s *Server) find(ctx context.Context, q search.Query) (*search.Page, error) {
	start := s.config.Now()
	release, err := s.slots.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	page, err := s.config.Searcher.Search(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	s.metrics.Searches.WithLabelValues(searchKind(q)).Observe(s.config.Now().Sub(start).Seconds())
	if page.Total == 0 && q.Text != "" {
		s.metrics.ZeroResults.Inc()
	}
	return page, nil
}

// refused counts a search that was shed, and passes the error on.
func (s *Server) refused(err error) error {
	if problemOf(err).kind == kindOverloaded {
		s.metrics.Shed.Inc()
	}
	return err
}

// searchKind is the label of a search's time: kinds cost differently.
func searchKind(q search.Query) string {
	switch {
	case q.Cursor != "":
		return "page"
	case q.Text == "" && len(q.Facets) > 0:
		return "browse_facets"
	case q.Text == "":
		return "browse"
	case len(q.Facets) > 0:
		return "text_facets"
	}
	return "text"
}

// lags are the lags of the sources as they are now.
func (s *Server) lags() []encode.Lag {
	status := s.config.Indexer.Status()
	lags := make([]encode.Lag, 0, len(status.Sources))
	for _, source := range status.Sources {
		lags = append(lags, encode.Lag{Name: source.Name, Lag: source.Lag})
	}
	return lags
}

// answer encodes the page, or says that the caller has it already.
func (s *Server) answer(c *gin.Context, r request.Search, f found, info encode.Info) error {
	if c.Request.Method != http.MethodPost {
		if f.tag == "" || info.Stale {
			f.tag = encode.PageTag(f.page, info.Stale)
		}
		if s.unchanged(c, f.tag, cachePolicy(c, r)) {
			return nil
		}
	}
	c.Data(http.StatusOK, reply.JSON, encode.Page(make([]byte, 0, encode.PageSize(f.page)), f.page, info))
	return nil
}

// cachePolicy: an answer may be kept but must be asked about again; with a key
// it is the caller's own, and one that waited for a token is nobody's.
func cachePolicy(c *gin.Context, r request.Search) string {
	switch {
	case r.HasToken:
		return "no-store"
	case infoOf(c).caller != nil:
		return "private, no-cache"
	}
	return "no-cache"
}

// unchanged sets the tag and the cache policy, and answers 304 if the caller's
// copy is still good.
func (s *Server) unchanged(c *gin.Context, tag, policy string) bool {
	h := c.Writer.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", policy)
	h.Set("Vary", "Authorization, Accept-Encoding")
	if !pages.TagListed(c.GetHeader("If-None-Match"), tag) {
		return false
	}
	c.Status(http.StatusNotModified)
	return true
}
