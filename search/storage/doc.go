// Package storage keeps the partitions of a generation as Bleve indexes: it commits
// batches, waits for the disk, shows snapshots, merges segments at will, and checks files
// before they are opened.
//
// Invariants:
//   - A batch and its position are one atomic commit: a crash takes back both.
//   - At most a few commits are searchable and not on disk; more wait, and give up in
//     the end with ErrNotDurable.
//   - Every file that a partition's root names is whole, or the partition is not
//     opened.
//   - A new segment's columns are built before a snapshot shows it.
//
// Which documents go to which partition is left to the caller.
package storage
