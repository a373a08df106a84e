// Package record stores what is shown of a product: its display and detail,
// compressed, with the digest of what it was made from and the time of indexing.
//
// Invariants:
//   - The dictionary is on disk before a record needs it, and is never replaced.
//   - Each record tells whether it needs the dictionary, so one may come at any time.
//   - A lost or foreign dictionary is noticed when a generation is opened.
//
// Where records lie is left to others.
package record
