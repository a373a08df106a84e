// Package audit proves a running server from outside: what it answers must be
// what the shop's own documents say when every one of them is looked at for
// every question.
//
// Invariants:
//   - It shares no code with the index: folding, filters, counts and order are
//     written anew, the plainest way.
//   - Every walk by cursor is checked for each product, by count, not by sample.
//   - A question that cannot be answered is a difference, never left out.
//   - The same seed and documents give the same questions.
//
// Where the documents come from, and how the server is called, come as values
// and functions.
package audit
