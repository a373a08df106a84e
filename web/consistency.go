package web

import (
	"context"
	"encoding/binary"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/web/limit"
	"github.com/aisle-search/aisle/web/request"
)

// demand reads the consistency token and waits for the index to reach it.
func (s *Server) demand(ctx context.Context, r request.Search) (token indexer.Token, err error) {
	if !r.HasToken {
		return token, nil
	}
	if token, err = indexer.ParseToken(r.Token); err != nil {
		return token, request.Invalid("consistency", "is not a token of this service")
	}
	leave, ok := s.slots.Queue()
	if !ok {
		return token, limit.ErrFull
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, r.Wait)
	defer cancel()
	if !s.config.Indexer.WaitFor(ctx, token) && r.Strict {
		s.metrics.Stale.Inc()
		return token, &problem{kind: kindStale, Detail: "The index has not reached what the token demands."}
	}
	return token, nil
}

// pagingSnapshot is how search says that a cursor's own view answered.
const pagingSnapshot = "snapshot"

// tokenOf reads the positions of a page as the indexer stores them. What cannot
// be read counts as seen nothing: the answer is called stale rather than fresh.
func tokenOf(positions map[string][]byte) (t indexer.Token) {
	var at catalog.Position
	if at.UnmarshalBinary(positions[indexer.SourceCatalog]) == nil {
		t.CatalogT, t.CatalogI = at.Time.T, at.Time.I
	}
	if lsn := positions[indexer.SourceOrders]; len(lsn) == 8 {
		t.OrdersLSN = binary.BigEndian.Uint64(lsn)
	}
	return t
}

// writeToken sets the header that tells a writer what to demand. A writer that
// sends the token of an earlier write gets one that demands both.
func writeToken(c *gin.Context, written indexer.Token) {
	if earlier, err := indexer.ParseToken(c.GetHeader(tokenHeader)); err == nil {
		written = written.Join(earlier)
	}
	c.Header(tokenHeader, written.Encode())
}

// tokenHeader carries consistency tokens beside writes.
const tokenHeader = "Aisle-Consistency"

// checkEarlier refuses a write whose earlier token is none, before it is made.
func checkEarlier(c *gin.Context) error {
	earlier := c.GetHeader(tokenHeader)
	if earlier == "" {
		return nil
	}
	if _, err := indexer.ParseToken(earlier); err != nil {
		return request.Invalid(tokenHeader, "is not a token of this service")
	}
	return nil
}
