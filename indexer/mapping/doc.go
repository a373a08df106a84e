// Package mapping turns products into documents of the index, and the changes of a batch
// into what is to be committed. It is the only place that does.
//
// Invariants:
//   - Only the last change of a product counts; where it cannot be mapped, the last one
//     before it that can.
//   - What cannot be mapped becomes a dead letter, and stops nothing.
//   - A document that is not published is never a dead letter.
//
// Reading sources, committing and keeping dead letters are left to others.
package mapping
