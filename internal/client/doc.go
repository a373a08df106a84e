// Package client asks a running Aisle over HTTP, as the commands, the soak and the tests
// do.
//
// Invariants:
//   - It knows the API's words and nothing of how a server works.
//   - What is read of an answer is bounded.
//   - Nothing is tried again: a caller that may ask twice does so itself.
//
// What an answer means for its caller is left to it.
package client
