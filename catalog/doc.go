// Package catalog maps a shop's own MongoDB documents to products, reads and
// writes them, and follows them: a snapshot joined to a change stream without
// a gap.
//
// Invariants:
//   - A product's id is its document's _id, as text; it never changes. Of two documents
//     with the same text the one whose _id is text is the product.
//   - Changes are handed over in the order of the change stream.
//   - A Change carries the source's own document; only Schema turns it into a
//     Product, so one bad document fails alone.
//
// What an index does with a product, and everything about orders, is left to
// others.
package catalog
