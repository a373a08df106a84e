package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/encode"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
	"github.com/aisle-search/aisle/web/strictjson"
)

// productGet answers with one product as the index holds it.
func (s *Server) productGet(c *gin.Context) error {
	p, err := request.ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	r := request.Search{Demand: p.Demand()}
	if err := p.Done(); err != nil {
		return err
	}
	id, err := request.ProductID(c)
	if err != nil {
		return err
	}
	if caller := infoOf(c).caller; caller != nil && len(caller.Filters) > 0 {
		return &problem{kind: kindForbidden, Detail: "A key with forced filters sees products through search only."}
	}
	demand, err := s.demand(c.Request.Context(), r.Demand)
	if err != nil {
		return s.refused(err)
	}
	seen := s.config.Indexer.Applied() // asked first: the record is at least as new
	var shown consistency.Token
	record, err := s.config.Searcher.Product(c.Request.Context(), id)
	if err != nil && !errors.Is(err, search.ErrNotFound) {
		return err
	}
	if err == nil {
		seen = s.seen(seen, consistency.Of(record.Positions))
		shown = consistency.ShownOf(record.Positions)
	}
	stale := !seen.Reaches(demand)
	if stale {
		s.metrics.Stale.Inc()
		if r.Strict {
			return &problem{kind: kindStale, Detail: "The index has not reached what the token demands."}
		}
	}
	told := seen.Join(shown).Encode()
	c.Header(tokenHeader, told) // with whatever is answered: that there is no such product is seen, too
	if err != nil && stale {
		return &problem{kind: kindNotFound, Detail: "The index has not reached what the token demands; so far it holds no such product."}
	}
	if err != nil {
		return err
	}
	policy := cachePolicy(c, r)
	body := encode.Record(make([]byte, 0, len(record.Detail)+512), record, told, stale)
	if !stale && s.unchanged(c, encode.RecordTag(record), policy) {
		return nil
	}
	c.Data(http.StatusOK, reply.JSON, body)
	return nil
}

// productPut stores a whole document.
func (s *Server) productPut(c *gin.Context) error {
	w, err := readWrite(c, "application/json")
	if err != nil {
		return err
	}
	written, err := s.config.Products.Put(c.Request.Context(), w.id, w.body, w.condition)
	if err != nil {
		return err
	}
	return writtenAnswer(c, written)
}

// productPatch changes a document by a JSON merge patch.
func (s *Server) productPatch(c *gin.Context) error {
	w, err := readWrite(c, "application/merge-patch+json")
	if err != nil {
		return err
	}
	if w.condition.Absent {
		return request.Invalid("If-None-Match", "makes no sense for a patch")
	}
	written, err := s.config.Products.Patch(c.Request.Context(), w.id, w.body, w.condition)
	if err != nil {
		return err
	}
	return writtenAnswer(c, written)
}

func (s *Server) productDelete(c *gin.Context) error {
	w, err := readWrite(c, "")
	if err != nil {
		return err
	}
	if w.condition.Absent {
		return request.Invalid("If-None-Match", "makes no sense for a deletion")
	}
	written, err := s.config.Products.Delete(c.Request.Context(), w.id, w.condition)
	if err != nil {
		return err
	}
	writeToken(c, catalogToken(written))
	c.Status(http.StatusNoContent)
	return nil
}

// productDocument answers with the shop's own document and its version, to be
// changed and put back.
func (s *Server) productDocument(c *gin.Context) error {
	if err := request.NoParams(c); err != nil {
		return err
	}
	id, err := request.ProductID(c)
	if err != nil {
		return err
	}
	stored, err := s.config.Products.Get(c.Request.Context(), catalog.ProductID(id))
	if err != nil {
		return err
	}
	body, err := s.config.Documents.DocumentJSON(stored.Raw)
	if err != nil {
		return err
	}
	c.Header("ETag", versionTag(stored.Version))
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, reply.JSON, body)
	return nil
}

// productWrite is what all writes of a product have.
type productWrite struct {
	id        catalog.ProductID
	condition catalog.Condition
	body      []byte
}

// readWrite reads a write; without a media type there must be no body.
func readWrite(c *gin.Context, mediaType string) (w productWrite, err error) {
	if err := request.NoParams(c); err != nil {
		return w, err
	}
	id, err := request.ProductID(c)
	if err != nil {
		return w, err
	}
	w.id = catalog.ProductID(id)
	if err := checkEarlier(c); err != nil {
		return w, err
	}
	if w.condition, err = condition(c.Request.Header); err != nil {
		return w, err
	}
	if mediaType == "" {
		return w, request.NoBody(c)
	}
	if w.body, err = request.ReadBody(c, mediaType); err != nil {
		return w, err
	}
	// Twice the same key would be understood in two ways.
	_, err = strictjson.Object(w.body)
	return w, err
}

// condition reads If-Match and If-None-Match: one version, or * for any.
func condition(h http.Header) (cond catalog.Condition, err error) {
	match, none := h.Values("If-Match"), h.Values("If-None-Match")
	switch {
	case len(match) == 0 && len(none) == 0:
		return cond, nil
	case len(match) > 0 && len(none) > 0:
		return cond, request.Invalid("If-None-Match", "cannot be combined with If-Match")
	case len(none) > 0:
		if len(none) > 1 || strings.TrimSpace(none[0]) != "*" {
			return cond, request.Invalid("If-None-Match", "must be *, which demands that there is no such product")
		}
		return catalog.Condition{Absent: true}, nil
	}
	tag := strings.TrimSpace(match[0])
	if tag == "*" && len(match) == 1 {
		return catalog.Condition{Exists: true}, nil
	}
	if n := len(tag); len(match) > 1 || n < 3 || n > 130 || tag[0] != '"' || tag[n-1] != '"' || strings.Contains(tag[1:n-1], `"`) {
		return cond, request.Invalid("If-Match", `must be one version in double quotes, as the ETag of /v1/products/{id}/document has it, or *`)
	}
	return catalog.Condition{Version: catalog.Version(tag[1 : len(tag)-1])}, nil
}

func versionTag(v catalog.Version) string { return `"` + string(v) + `"` }

func catalogToken(w catalog.Written) consistency.Token {
	return consistency.Token{CatalogT: w.Time.T, CatalogI: w.Time.I}
}

func writtenAnswer(c *gin.Context, w catalog.Written) error {
	writeToken(c, catalogToken(w))
	c.Header("ETag", versionTag(w.Version))
	status := http.StatusOK
	if w.Created {
		status = http.StatusCreated
		c.Header("Location", c.Request.URL.EscapedPath())
	}
	return reply.Private(c, status, gin.H{"id": string(w.ID), "version": string(w.Version)})
}
