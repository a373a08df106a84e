// Package deadletter keeps the changes that could not be applied, each with its
// reason, until they are applied after all or dropped.
//
// Invariants:
//   - A letter is durable when Put returns; its source and id occur once.
//   - Letters are bounded by number and bytes; the oldest make room, and are
//     counted.
//
// What made a change fail and how it is tried again are left to others.
package deadletter
