// Package search keeps index generations and answers from them: it analyses
// and indexes batches of documents, ranks by BM25F, filters, counts facets
// exactly, sorts and pages by sealed cursors.
//
// Invariants:
//   - A batch's documents and its position are one atomic commit.
//   - Everything in one answer (hits, total, facets, statistics) comes from one
//     View, an immutable snapshot of all partitions and signals.
//   - Scores depend on the live documents only: not on segments, partitions, or
//     the order of indexing.
//   - The number of index fields does not depend on the number of attributes.
//   - Signals never touch the text index.
//
// Where documents come from, and HTTP, are left to others.
package search
