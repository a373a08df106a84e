// Package process runs Aisle's servers as processes of their own, for what kills them
// and looks at what becomes of it.
//
// Invariants:
//   - A server is waited for by the package; whoever started it learns of its end by
//     a channel.
//   - Where the system can do so, a server dies with whoever started it.
//   - What is kept of a log is bounded; the log itself goes where the caller says.
//
// Which program is run, with which arguments, and what is asked of it over HTTP is left
// to others.
package process
