// Package drive runs the writers and readers of a history against servers and their
// databases.
//
// Invariants:
//   - A product has one writer, and one write at a time. A write whose outcome is not
//     known retires its product.
//   - A reader asks with tokens and believes nothing else; an answer that did not come
//     is no read.
package drive
