// Package flow carries items from a reader to a committer in batches.
//
// Invariants:
//   - Items leave in the order in which they came.
//   - What is held, queued and being committed together, is bounded by count and
//     by bytes; a full flow blocks its reader.
//   - An idle flow commits an item at once; while one batch is committed, the
//     next collects.
//
// What items mean is left to others.
package flow
