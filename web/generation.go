package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/web/request"
)

// reindexStart begins a rebuild.
func (s *Server) reindexStart(c *gin.Context) error {
	if err := noBody(c); err != nil {
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
	if err := s.config.Indexer.Reindex(c.Request.Context(), force); err != nil {
		return err
	}
	return s.begun(c)
}

// rollbackStart lets the generation that served before catch up and serve again.
func (s *Server) rollbackStart(c *gin.Context) error {
	if err := bare(c); err != nil {
		return err
	}
	if err := s.config.Indexer.Rollback(c.Request.Context()); err != nil {
		return err
	}
	return s.begun(c)
}

func (s *Server) begun(c *gin.Context) error {
	c.Header("Location", "/v1/admin/reindex")
	return private(c, http.StatusAccepted, reindexView(s.config.Indexer.Status().Reindex))
}

// reindexStop ends the running rebuild; the serving generation stays.
func (s *Server) reindexStop(c *gin.Context) error {
	if err := bare(c); err != nil {
		return err
	}
	if err := s.config.Indexer.StopReindex(); err != nil {
		return err
	}
	c.Status(http.StatusAccepted)
	return nil
}

type generationJSON struct {
	Number    uint64 `json:"generation"`
	State     string `json:"state"`
	Documents int    `json:"documents"`
	Bytes     int64  `json:"bytes"`
	CreatedAt *stamp `json:"created_at"`
	Reason    string `json:"reason,omitempty"`
}

// generations lists what is on disk.
func (s *Server) generations(c *gin.Context) error {
	if err := onlyParams(c); err != nil {
		return err
	}
	all, err := s.config.Indexer.Generations()
	if err != nil {
		return err
	}
	views := make([]generationJSON, len(all))
	for i, g := range all {
		views[i] = generationJSON{g.Number, g.State, g.Documents, g.Bytes, stampOf(g.Created), g.Reason}
	}
	return private(c, http.StatusOK, gin.H{"generations": views})
}
