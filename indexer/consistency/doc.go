// Package consistency is what readers demand to see and how far searches can: tokens, and
// the frontier that one waits at.
//
// Invariants:
//   - A token has one spelling, and a text that is none is never taken for one.
//   - The frontier is never ahead of what is searchable.
//   - Whoever waits learns at once that it has been reached.
//
// Where positions come from, and what is durable of them, is left to others.
package consistency
