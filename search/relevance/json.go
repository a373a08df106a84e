package relevance

import (
	"encoding/json"
	"io"
)

// WriteJSON writes the report as one indented JSON object.
func (r Report) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

// WriteJSON writes the base report's object with three more members: the other
// report, the differences by measure, and the queries that were not paired.
func (c Comparison) WriteJSON(w io.Writer) error {
	return writeJSON(w, struct {
		Report
		Compare    Report       `json:"compare"`
		Comparison []Difference `json:"comparison"`
		Unpaired   []string     `json:"unpaired"`
	}{c.Base, c.Other, c.Measures, c.Unpaired})
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
