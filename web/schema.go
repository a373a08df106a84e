package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

// fieldJSON is a field of the schema as a page needs it.
type fieldJSON struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Searched   bool   `json:"searched"`
	Identifier bool   `json:"identifier"`
	Facet      bool   `json:"facet"`
	Sort       bool   `json:"sort"`
	Currency   string `json:"currency,omitempty"`
	MinorUnits *int   `json:"minor_units,omitempty"`
}

func kindName(k search.Kind) string {
	switch k {
	case search.Keyword:
		return "keyword"
	case search.Number:
		return "number"
	case search.Money:
		return "money"
	case search.Date:
		return "date"
	case search.Bool:
		return "bool"
	}
	return "text"
}

// schema lists the fields that can be filtered, faceted and sorted by, and the
// ranking profiles.
func (s *Server) schema(c *gin.Context) error {
	if err := request.NoParams(c); err != nil {
		return err
	}
	schema := s.config.Searcher.Schema()
	fields := make([]fieldJSON, len(schema.Fields))
	for i, f := range schema.Fields {
		fields[i] = fieldJSON{
			Name: f.Name, Kind: kindName(f.Kind), Searched: f.Weight > 0 || f.Identifier,
			Identifier: f.Identifier, Facet: f.Facet, Sort: f.Sort,
		}
		if f.Kind == search.Money {
			fields[i].Currency, fields[i].MinorUnits = f.Currency, &f.MinorUnits
		}
	}
	profiles := s.config.Searcher.Profiles()
	if profiles == nil {
		profiles = []string{}
	}
	return reply.Private(c, http.StatusOK, gin.H{"fields": fields, "profiles": profiles})
}
