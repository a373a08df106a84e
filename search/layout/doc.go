// Package layout says how a product lies in Bleve: the index fields, what their
// terms look like, and how terms and documents are read back from a segment.
//
// Invariants:
//   - The number of index fields is fixed, whatever the number of attributes.
//   - The order of terms as bytes is the order of what they stand for, so that a
//     walk along a field's dictionary meets values in order.
//   - Nothing uses doc values or term vectors.
//
// What the fields of a schema mean, and which bits of a pack are theirs, is left to
// package schema; what is stored beside the postings, to package record.
package layout
