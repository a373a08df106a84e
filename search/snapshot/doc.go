// Package snapshot holds immutable states of a generation, and what is kept in memory
// of its segments: columns, columns of attributes, sorted orders, decoded postings.
//
// Invariants:
//   - A View never changes: partitions, deletions, signals and statistics are those of
//     one time. What it remembers beside is what anybody would compute again.
//   - A View holds Bleve's files open until its last user lets go of it.
//   - Columns belong to a segment, whatever is deleted of it later, and are shared by
//     all views that show it.
//   - Attributes and decoded postings stay within rooms of so many bytes a product;
//     what nobody used lately makes way. Views that cursors pin may hold more for as
//     long as they last.
//
// Which view is the current one is left to package search; committing, to package
// storage.
package snapshot
