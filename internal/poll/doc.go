// Package poll asks again and again until something holds.
//
// Invariants:
//   - The first question is asked at once.
//   - A wait ends with its context, its patience or the first error, whichever comes
//     first; it draws no random numbers, so it changes no seeded run.
//
// What is asked, and how long it may take, is left to the caller.
package poll
