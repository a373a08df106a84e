package web

import (
	"context"
	"errors"
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/indexer/consistency"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/limit"
	"github.com/aisle-search/aisle/web/request"
)

// demand reads the consistency token and waits for the index to reach it.
func (s *Server) demand(ctx context.Context, r request.Demand) (token consistency.Token, err error) {
	if !r.HasToken {
		return token, nil
	}
	if token, err = parseDemand("consistency", r.Token); err != nil {
		return token, err
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

// noted joins a token to what is known to be in the view of a page, and returns all of
// that. An answer of the view that is current has seen more than the view's own
// positions, which stand still while nothing changes; a later page of the same view has
// seen no less.
func noted(p *search.Page, seen consistency.Token) consistency.Token {
	if p.Note == nil {
		return seen
	}
	return p.Note.Update(func(old any) any {
		before, _ := old.(consistency.Token)
		return before.Join(seen)
	}).(consistency.Token)
}

// seen is what an answer shows whose view was taken after the index had applied
// before. The view may hold more already than the index has told: a reader that is not
// told of that could see less at the next node. Where the index has gone back, as with
// a database restored to an earlier state, only the view's own positions count.
func (s *Server) seen(before, view consistency.Token) consistency.Token {
	if !s.config.Indexer.Applied().Reaches(before) {
		return view
	}
	return before.Join(view)
}

// writeToken sets the header that tells a writer what to demand. A writer that
// sends the token of an earlier write gets one that demands both.
func writeToken(c *gin.Context, written consistency.Token) {
	if earlier, err := consistency.ParseDemand(c.GetHeader(tokenHeader)); err == nil {
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
	_, err := parseDemand(tokenHeader, earlier)
	return err
}

// parseDemand reads the tokens of a parameter or a header.
func parseDemand(field, text string) (consistency.Token, error) {
	token, err := consistency.ParseDemand(text)
	var count *consistency.CountError
	switch {
	case err == nil:
		return token, nil
	case errors.As(err, &count):
		return token, request.Invalid(field, fmt.Sprintf("joins %d tokens, at most %d are allowed; of tokens of the same database send only the latest", count.Given, count.Allowed))
	}
	return token, request.Invalid(field, "is neither a token of this service nor a position of its databases")
}
