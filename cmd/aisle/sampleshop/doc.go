// Package sampleshop puts the sample shop where a shop's own data would be: its schema into
// a file, its stock and its past into Postgres.
//
// Invariants:
//   - Loading again changes nothing that is there.
//
// What the sample holds is internal/sample's; its products are loaded as any are.
package sampleshop
