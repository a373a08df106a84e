package ops

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

const (
	// progressEvery is how often a follower of a reindex is told.
	progressEvery = 500 * time.Millisecond
	// maxFollowers bounds the event streams that are open at once.
	maxFollowers = 64
)

// ShowReindex answers with the running rebuild or the last, or follows it.
func (h *Handlers) ShowReindex(c *gin.Context) error {
	if err := request.NoParams(c); err != nil {
		return err
	}
	if wantsEvents(c.GetHeader("Accept")) && c.Request.Method == http.MethodGet {
		return h.follow(c)
	}
	status := h.config.Indexer.Status().Reindex
	if status == nil {
		return ErrNoReindex
	}
	return reply.Private(c, http.StatusOK, reindexView(status))
}

// wantsEvents reports whether the caller asks for an event stream.
func wantsEvents(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		kind, _, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(kind), "text/event-stream") {
			return true
		}
	}
	return false
}

// follow sends server-sent events until the rebuild ends, the caller goes, or
// the service stops.
func (h *Handlers) follow(c *gin.Context) error {
	select {
	case h.followers <- struct{}{}:
		defer func() { <-h.followers }()
	default:
		return ErrFollowers
	}
	status := h.config.Indexer.Status().Reindex
	if status == nil {
		return ErrNoReindex
	}
	c.Header("Content-Type", "text/event-stream; charset=utf-8")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no") // proxies pass events on at once
	c.Status(http.StatusOK)
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		view := reindexView(h.config.Indexer.Status().Reindex)
		if err := h.event(c, view); err != nil || view.State != "running" {
			return nil // the caller has gone, or the rebuild has ended
		}
		select {
		case <-tick.C:
		case <-h.config.Stopping:
			return nil
		case <-c.Request.Context().Done():
			return nil
		}
	}
}

// event sends one event, and gives the connection time for the next.
func (h *Handlers) event(c *gin.Context, view *reindexJSON) error {
	name := view.State
	if name == "running" {
		name = "progress"
	}
	data, err := json.Marshal(view)
	if err != nil {
		return err
	}
	control := http.NewResponseController(c.Writer)
	// A stream lives longer than an answer may; where the connection has no
	// deadline there is none to move.
	_ = control.SetWriteDeadline(time.Now().Add(h.config.EventTimeout))
	if _, err := fmt.Fprintf(c.Writer, "event: %s\ndata: %s\n\n", name, data); err != nil {
		return err
	}
	return control.Flush()
}
