// Package postgres has what writers and followers both need to know of a server:
// positions in its log, and what its errors say.
//
// Invariants:
//   - LSNs of one server are ordered as its log is.
//   - Errors are told apart by SQLSTATE and type, never by text.
//
// Connections and statements are left to others.
package postgres
