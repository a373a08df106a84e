package ops

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

// StartReindex begins a rebuild.
func (h *Handlers) StartReindex(c *gin.Context) error {
	if err := request.NoBody(c); err != nil {
		return err
	}
	p, err := request.ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	force := p.Boolean("force")
	if err := p.Done(); err != nil {
		return err
	}
	if err := h.config.Indexer.Reindex(c.Request.Context(), force); err != nil {
		return err
	}
	return h.begun(c)
}

// StartRollback lets the generation that served before catch up and serve again.
func (h *Handlers) StartRollback(c *gin.Context) error {
	if err := request.Nothing(c); err != nil {
		return err
	}
	if err := h.config.Indexer.Rollback(c.Request.Context()); err != nil {
		return err
	}
	return h.begun(c)
}

func (h *Handlers) begun(c *gin.Context) error {
	c.Header("Location", "/v1/admin/reindex")
	return reply.Private(c, http.StatusAccepted, reindexView(h.config.Indexer.Status().Reindex))
}

// StopReindex ends the running rebuild; the serving generation stays.
func (h *Handlers) StopReindex(c *gin.Context) error {
	if err := request.Nothing(c); err != nil {
		return err
	}
	if err := h.config.Indexer.StopReindex(); err != nil {
		return err
	}
	c.Status(http.StatusAccepted)
	return nil
}

type generationJSON struct {
	Number    uint64      `json:"generation"`
	State     string      `json:"state"`
	Documents int         `json:"documents"`
	Bytes     int64       `json:"bytes"`
	CreatedAt *reply.Time `json:"created_at"`
	Reason    string      `json:"reason,omitempty"`
}

// Generations lists what is on disk.
func (h *Handlers) Generations(c *gin.Context) error {
	if err := request.NoParams(c); err != nil {
		return err
	}
	all, err := h.config.Indexer.Generations()
	if err != nil {
		return err
	}
	views := make([]generationJSON, len(all))
	for i, g := range all {
		views[i] = generationJSON{g.Number, g.State, g.Documents, g.Bytes, reply.TimeOf(g.Created), g.Reason}
	}
	return reply.Private(c, http.StatusOK, gin.H{"generations": views})
}
