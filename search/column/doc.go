// Package column holds what a segment's documents are filtered, counted, sorted and
// scored by, as plain arrays by document number.
//
// Invariants:
//   - A column is built once from a segment's terms and never changes.
//   - Columns are as narrow as their values, and give back what was written, to the
//     bit.
//   - Values of keywords are numbered in dictionaries of the generation, so that
//     counts of segments add up by number. A dictionary only grows.
//   - Deleted documents are in the columns like others.
//
// Exported arrays are for loops that read many documents; nobody changes them. Which
// columns are kept, and for how long, is left to package snapshot.
package column
