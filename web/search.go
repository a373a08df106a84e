package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/encode"
	"github.com/aisle-search/aisle/web/pages"
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
	body, err := readBody(c, "application/json")
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
	demand, err := s.demand(ctx, r)
	if err != nil {
		return s.refused(err)
	}
	// Asked before the search: its view is taken later and holds at least this.
	seen := s.config.Indexer.Applied()
	page, err := s.find(ctx, r.Query)
	if err != nil {
		return s.refused(err)
	}
	if page.Paging == pagingSnapshot {
		seen = tokenOf(page.Positions) // of when the cursor's walk began
	}
	stale := !seen.Reaches(demand)
	if stale {
		s.metrics.Stale.Inc()
		if r.Strict {
			return &problem{kind: kindStale, Detail: "The index has not reached what the token demands."}
		}
	}
	s.conceal(c, page)
	info := encode.Info{Stale: stale, Positions: seen.Encode(), Lags: s.lags()}
	return s.answer(c, r, page, info)
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
func (s *Server) answer(c *gin.Context, r request.Search, page *search.Page, info encode.Info) error {
	if c.Request.Method != http.MethodPost {
		if s.unchanged(c, encode.PageTag(page, info.Stale), cachePolicy(c, r)) {
			return nil
		}
	}
	c.Data(http.StatusOK, jsonType, encode.Page(make([]byte, 0, encode.PageSize(page)), page, info))
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
