// Package flags is how the program is called: flags with their environment variables,
// the flags that several commands have in common, and what counts as bad usage.
//
// Invariants:
//   - Every flag has a variable, which its help names; the command line goes before it.
//   - An empty variable counts as none.
//
// What the flags mean is left to the commands.
package flags
