// Package facet counts the values of a field over a result and makes lists and ranges
// of them.
//
// Invariants:
//   - Counts are of products, not of values: one with several spellings of a value, or
//     several numbers in a bucket, counts there once.
//   - Both ends of a bucket belong to it, no two overlap, and every number lies in one:
//     filtering by a bucket finds what it counts.
//   - What a filter takes for one value is one row.
//
// Which documents are counted, and that a facet's own filter is left out, is up to the
// caller.
package facet
