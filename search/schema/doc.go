// Package schema says what an index knows of its fields: their kinds, which of them
// are searched with what weight, and where the terms of each lie.
//
// Invariants:
//   - A compiled schema never changes.
//   - The place of a text field's bits does not depend on weights, so weights may
//     change without a rebuild.
//   - Attributes need no declaration; all their texts are one field.
//
// Where a schema comes from is left to the caller; how terms are written, to package
// layout.
package schema
