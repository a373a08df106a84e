// Package drift compares the serving index with its sources, product by product, while
// both move, and has repaired what differs.
//
// Invariants:
//   - What differs at first sight is read again, and counts only when it differs again and
//     again with nothing changed on either side.
//   - One comparison runs at a time; one by the clock is slow and gives way to one that was
//     asked for.
//   - A report that is handed out is not changed any more.
//   - Nothing is written but through the pipeline.
//
// Following the sources, and committing what is repaired, is left to the pipeline.
package drift
