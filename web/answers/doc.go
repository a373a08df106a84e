// Package answers keeps what was answered lately, so that a question that many ask
// costs one search.
//
// Invariants:
//   - An answer is given as current only while the version it was made from is the
//     current one. One of an earlier version is given for at most Limits.Soft after it
//     was last current, while one flight in the background makes the next.
//   - An answer never takes the place of one of a later version.
//   - Of callers with the same question that find no answer, one asks and the others
//     wait for it.
//   - Bytes kept, answers' ages and flights in the background are bounded.
package answers
