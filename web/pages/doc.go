// Package pages serves files that do not change while the program runs: with a
// tag, packed for who can unpack, and under a policy that lets pages load
// nothing from elsewhere.
//
// Invariants:
//   - A file is found by its name in a table; there is no path to climb.
//   - An asset has one tag, whichever encoding is sent.
package pages
