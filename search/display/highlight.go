package display

import (
	"encoding/json"
	"html"
	"strings"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/schema"
)

// fragmentRunes is about how long a fragment of a highlighted text is.
const fragmentRunes = 240

// Highlight marks the words of a display's texts that are among the terms of a query.
// Fragments are HTML: what is not a mark is escaped.
func Highlight(display []byte, terms []string, of *schema.Compiled, analyzer *analysis.Analyzer) map[string][]string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(display, &fields); err != nil {
		return nil // the display of a document is an object, or there is none
	}
	wanted := make(map[string]bool, len(terms))
	for _, t := range terms {
		wanted[t] = true
	}
	out := map[string][]string{}
	for name, raw := range fields {
		f := of.ByName[name]
		if f == nil || f.Weight == 0 {
			continue
		}
		for _, text := range texts(raw) {
			if marked, ok := mark(text, f.Identifier, wanted, analyzer); ok {
				out[name] = append(out[name], marked)
			}
		}
	}
	return out
}

// texts are the strings of a JSON string or list of strings.
func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) == nil {
		return many
	}
	return nil
}

// mark wraps the wanted words of text in <mark>.
func mark(text string, identifier bool, wanted map[string]bool, analyzer *analysis.Analyzer) (string, bool) {
	var tokens []analysis.Token
	if identifier {
		tokens = analyzer.Identifiers(nil, text)
	} else {
		tokens = analyzer.Tokens(nil, text)
	}
	hit := make([]bool, len(text))
	first := -1
	for _, t := range tokens {
		if !wanted[t.Term] || t.Start < 0 || t.End > len(text) || t.Start >= t.End {
			continue
		}
		if first < 0 || t.Start < first {
			first = t.Start
		}
		for i := t.Start; i < t.End; i++ {
			hit[i] = true
		}
	}
	if first < 0 {
		return "", false
	}
	from, to := fragment(text, first)
	var b strings.Builder
	if from > 0 {
		b.WriteString("…")
	}
	for i := from; i < to; {
		j := i
		for j < to && hit[j] == hit[i] {
			j++
		}
		if hit[i] {
			b.WriteString("<mark>" + html.EscapeString(text[i:j]) + "</mark>")
		} else {
			b.WriteString(html.EscapeString(text[i:j]))
		}
		i = j
	}
	if to < len(text) {
		b.WriteString("…")
	}
	return b.String(), true
}

// fragment is the part of text around at, cut between words.
func fragment(text string, at int) (from, to int) {
	if len(text) <= fragmentRunes {
		return 0, len(text)
	}
	if at > fragmentRunes/4 {
		if i := strings.LastIndexByte(text[:at-fragmentRunes/8], ' '); i >= 0 {
			from = i + 1
		}
	}
	if len(text)-from <= fragmentRunes {
		return from, len(text)
	}
	if i := strings.LastIndexByte(text[from:from+fragmentRunes], ' '); i > 0 && from+i > at {
		return from, from + i
	}
	return from, len(text)
}
