package search

import (
	"fmt"
	"strings"

	"github.com/aisle-search/aisle/search/rank"
	"github.com/aisle-search/aisle/search/schema"
)

// planSort validates a sort.
func planSort(c *schema.Compiled, s string) (rank.Sort, error) {
	if s == "" || s == "relevance" {
		return rank.Sort{Descending: true}, nil
	}
	name, desc := strings.CutPrefix(s, "-")
	f := c.ByName[name]
	if f == nil || !f.Sort {
		return rank.Sort{}, &InvalidError{Field: "sort", Reason: fmt.Sprintf("%.64q is not sortable; one may sort by %s", name, sortable(c))}
	}
	return rank.Sort{Field: name, ByText: !f.Kind.Numeric(), Descending: desc}, nil
}

// sortable lists what one may sort by.
func sortable(c *schema.Compiled) string {
	names := []string{"relevance"}
	for i := range c.Fields {
		if c.Fields[i].Sort {
			names = append(names, c.Fields[i].Name)
		}
	}
	return strings.Join(names, ", ")
}
