package ops

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/reply"
)

// Alive says that the process answers, and nothing about what it can do.
func (h *Handlers) Alive(c *gin.Context) error {
	return reply.Private(c, http.StatusOK, gin.H{"status": "alive"})
}

// Ready says whether requests should come here. An index whose source is broken
// still answers, and every node's would be at once: so it is degraded, not away.
func (h *Handlers) Ready(c *gin.Context) error {
	select {
	case <-h.config.Stopping:
		return ErrStopping
	default:
	}
	if !h.config.Indexer.Status().Ready {
		return search.ErrNotReady
	}
	var degraded []string
	for _, source := range h.config.Indexer.Status().Sources {
		if source.State == progress.StateBroken {
			degraded = append(degraded, source.Name+": "+source.Reason)
		}
	}
	if degraded == nil {
		return reply.Private(c, http.StatusOK, gin.H{"status": "ready"})
	}
	return reply.Private(c, http.StatusOK, gin.H{"status": "degraded", "sources": degraded})
}

// Metrics answers in Prometheus' format.
func (h *Handlers) Metrics(c *gin.Context) error {
	promhttp.HandlerFor(h.config.Gatherer, promhttp.HandlerOpts{
		Timeout: 10 * time.Second, MaxRequestsInFlight: 4,
	}).ServeHTTP(c.Writer, c.Request)
	return nil
}
