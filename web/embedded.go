package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"github.com/gin-gonic/gin"
	"go.yaml.in/yaml/v3"

	"github.com/aisle-search/aisle/web/pages"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

//go:embed static
var embedded embed.FS

//go:embed openapi.yaml
var openAPISource []byte

// loadOpenAPI turns the document, which is written in YAML to be readable, into
// the JSON that is served.
func loadOpenAPI(version string) (*pages.Asset, error) {
	var document map[string]any
	if err := yaml.Unmarshal(openAPISource, &document); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	if info, ok := document["info"].(map[string]any); ok {
		info["version"] = version
	}
	data, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encode openapi.json: %w", err)
	}
	return pages.New(reply.JSON, data), nil
}

// loadPages reads the embedded pages and what they need.
func loadPages() (map[string]*pages.Asset, error) {
	root, err := fs.Sub(embedded, "static")
	if err != nil {
		return nil, fmt.Errorf("open embedded pages: %w", err)
	}
	return pages.Load(root)
}

// describe answers with the OpenAPI document.
func (s *Server) describe(c *gin.Context) error { return s.openapi.Serve(c) }

// page serves one of the pages.
func (s *Server) page(name string) func(*gin.Context) error {
	return func(c *gin.Context) error {
		a, ok := s.pages[name]
		if !ok {
			return &problem{kind: kindNotFound, Detail: "This build has no such page."}
		}
		c.Header("Content-Security-Policy", pages.Policy)
		return a.Serve(c)
	}
}

// static serves what the pages need. Names are looked up, not opened: there is
// no path to climb.
func (s *Server) static(c *gin.Context) error {
	name, err := request.PathValue(c, "file")
	if err != nil {
		return err
	}
	a, ok := s.pages[name]
	if !ok || strings.HasSuffix(name, ".html") { // pages have addresses of their own
		return &problem{kind: kindNotFound, Detail: "There is no such file."}
	}
	c.Header("Content-Security-Policy", pages.Policy)
	return a.Serve(c)
}
