// Package collector makes one pass over the candidates of a search: filters, counts for
// every facet, scores, and the best of a page.
//
// Invariants:
//   - All of an answer comes from one view.
//   - A product that fails one filter only still counts in the facet of that filter's
//     field.
//   - Only what passes the filters is scored, and only if scores decide who is on the
//     page.
//   - Browsing by a sort key costs the same however deep the page lies.
//
// Reading a query and showing what was found are left to package search.
package collector
