package web

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var openAPISource []byte

// loadOpenAPI turns the document, which is written in YAML to be readable, into
// the JSON that is served.
func loadOpenAPI(version string) (*asset, error) {
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
	return newAsset(jsonType, data), nil
}
