// Package retry is the waits between attempts at what must succeed in the end.
//
// Invariants:
//   - A wait is bounded and jittered, so that many do not come back at once.
//   - A wait ends with its context.
//
// What is tried, and what is worth another try, is left to the caller.
package retry
