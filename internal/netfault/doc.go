// Package netfault puts a TCP proxy between a client and a server in the same
// process, and breaks the connection in the ways that networks do: cut, frozen
// without a word, slow, refused.
//
// Invariants:
//   - It listens on loopback only, and every goroutine has ended when Close returns.
//   - Bytes that were taken while the line was frozen are passed on when it heals,
//     in order: a frozen line loses nothing, a cut one may.
package netfault
