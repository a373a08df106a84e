package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/web/encode"
)

// productGet answers with one product as the index holds it.
func (s *Server) productGet(c *gin.Context) error {
	if err := onlyParams(c); err != nil {
		return err
	}
	id, err := productID(c)
	if err != nil {
		return err
	}
	if caller := infoOf(c).caller; caller != nil && len(caller.Filters) > 0 {
		return &problem{kind: kindForbidden, Detail: "A key with forced filters sees products through search only."}
	}
	seen := s.config.Indexer.Applied() // asked first: the record is at least as new
	record, err := s.config.Searcher.Product(c.Request.Context(), id)
	if err != nil {
		return err
	}
	policy := cachePolicy(c, searchRequest{})
	body := encode.Record(make([]byte, 0, len(record.Detail)+512), record, seen.Encode())
	if s.unchanged(c, encode.RecordTag(record), policy) {
		return nil
	}
	c.Data(http.StatusOK, jsonType, body)
	return nil
}
