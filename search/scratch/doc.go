// Package scratch re-uses the working memory of searches.
//
// Invariants:
//   - Memory belongs to one search at a time; no list that was cut from it is used
//     after it was given back.
//   - Between uses all counts are zero and nothing is touched.
//   - What is kept for the next search is bounded.
//
// What searches do with it is left to packages match and collector.
package scratch
