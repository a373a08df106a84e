// Package indexer is the pipeline from the sources to the index: it keeps order
// per product, forms batches, commits documents, signals and positions, keeps
// dead letters, rebuilds generations beside the serving one, and measures lag.
//
// Invariants:
//   - A position moves only with the durable commit of what it covers.
//   - Changes of one product are applied in source order; applying one again
//     changes nothing.
//   - A bad document becomes a dead letter and stops nothing.
//   - The serving generation is replaced only by one that is complete.
//
// How documents are searched and how sources are read are left to others.
package indexer
