// Package freshness measures how long a committed write takes to be seen by a
// search, by writing at a steady rate and looking at search results only.
//
// Invariants:
//   - A product has at most one change in flight of each source, so that a new
//     value belongs to that change and to no other.
//   - A change counts as seen when an answer that shows it has arrived whole,
//     never by what the server says of itself.
//   - A change that is not seen in time is counted as lost, not left out.
//
// What is written, and how results are asked for, comes as functions.
package freshness
