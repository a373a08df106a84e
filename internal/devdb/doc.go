// Package devdb starts and stops the development databases: Postgres with
// logical decoding, and MongoDB (or the MongoDB-compatible secantusd) as a
// replica set of one node. The demo and the tests use the same code.
//
// Invariants:
//   - A server listens on loopback only, on a port that was free.
//   - A server never outlives its owner, however the owner ends: a supervisor
//     holds the reading end of a pipe, and stops the server when the writing end
//     closes.
//   - Temporary data is removed with the server. Data in a named folder stays.
//   - Databases that the caller brings are used, and never stopped.
//
// What is in the databases is left to others.
package devdb
