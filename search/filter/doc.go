// Package filter reads the filters of a query and judges documents by them.
//
// Invariants:
//   - Filters are joined by and, the values of one by or.
//   - Both ends of a range belong to it; no value lies in no range.
//   - Spellings that fold alike are one value.
//   - A verdict names the only filter that a document fails, so that it still counts
//     in the facet of that filter's field.
//
// Which filters a query may have is left to package search.
package filter
