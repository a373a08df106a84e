// Package testdata holds the sample shop as files: what the demo loads and tests
// read. All but the schemas are written by internal/sample/cmd/generate.
package testdata

import "embed"

// FS holds the files by name.
//
//go:embed *.csv *.jsonl *.yaml
var FS embed.FS
