// Package reference answers searches the slow and obvious way: every product is
// looked at for every question, with maps and loops. The tests of search compare
// the engine with it: equal order, scores to 1e-6, equal counts.
//
// Invariants:
//   - It shares no code with the engine but the analysis, which is passed in, and
//     which texts of a document belong to which field.
//   - Answers depend on the products alone, not on the order they came in.
//   - Nothing here is tuned; where a line could be faster or plainer, it is
//     plainer.
//
// It is for tests only.
package reference
