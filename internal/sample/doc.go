// Package sample gives the sample shop to the demo and to tests: its products as
// JSON lines, past orders moved to any day, stock, and judgments.
//
// Invariant: what it gives is what the repository holds; nothing is made up at
// run time. internal/sample/generate writes the files.
package sample
