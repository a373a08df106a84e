// Package acceptance proves the product from outside: its tests build the
// program, run it as a user does against real databases, stop it in every way,
// and compare what it answers with what the databases hold.
//
// Invariants:
//   - Only the binary, HTTP and the databases are touched; nothing is called that
//     a user could not call.
//   - Nothing waits for luck: conditions are polled, with a deadline.
//   - A test ends the processes that it started.
//
// How the parts work, each by itself, is tested where they are.
package acceptance
