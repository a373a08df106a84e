// Package bsondoc reads and changes BSON documents as bytes: it checks documents
// of unknown origin, walks them, and changes them without touching the rest.
//
// Invariants:
//   - What Check accepts, every other function walks without a panic.
//   - What a change does not name keeps its type, place and bytes.
//
// What the documents mean is left to others.
package bsondoc
