// Package match finds the products that a text matches, and scores them by BM25F.
//
// Invariants:
//   - Sets of documents alone decide how many concepts a product must hold and how rare
//     each of them is, in all partitions, before anything is scored.
//   - Filters play no part in this: choosing one never changes what a text means.
//   - Frequencies are read of those documents only that are asked for.
//   - What is read from a segment is for one goroutine at a time.
//
// What a text means word by word is left to package analysis; factors beside the text,
// to package rank.
package match
