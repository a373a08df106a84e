// Package inversion makes the segments of new batches: from products whose terms are
// known already to a segment of Bleve's zap format, version 17, which Bleve then reads,
// merges and writes as one of its own.
//
// Bleve's own builder does the same for any document of any field, by way of a map of
// terms for each document and field and another for each segment, positions of terms and
// texts for doc values. Here nothing has doc values or positions, so a field is inverted
// in three passes over flat arrays: number the terms, count and place the postings, write
// them in the order of the terms.
//
// Invariants:
//   - What is read from a segment is what Bleve's builder would have written, but for
//     terms of one document in fields without frequencies: they read as frequency 1.
//   - Documents of other packages are left to Bleve's builder.
//
// What the fields and terms mean is left to package layout.
package inversion
