// Package keys reads the file that says who may call: named keys, known by
// their SHA-256 only, with scopes, tenant, expiry and forced filters.
//
// Invariants:
//   - A key itself is never kept, and comparing takes the same time whichever
//     key matches or none does.
//   - A file that cannot be read or is wrong never opens or closes anything: the
//     last good one stays in force and the error is reported once.
//
// What a scope opens is left to the caller.
package keys
