// Package rebuild is what a rebuild needs beside the pipeline: the queue of those that
// were asked for, the pace at which one stands back for searches, and the sums by which a
// new generation is held against its source.
//
// Invariants:
//   - One rebuild runs at a time. What the pipeline needs is tried until it succeeds, what
//     was asked for by hand once.
//   - However busy searches are, a rebuild goes on at a floor, so that it ends.
//   - Sums do not depend on the order in which products come.
//
// Reading, committing, swapping and the gates themselves are left to the pipeline.
package rebuild
