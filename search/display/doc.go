// Package display shows products: what a page reads of them again and again is kept
// unpacked, and the words that a text asks for are marked.
//
// Invariants:
//   - What is kept is bounded, and belongs to a document of a segment, which never
//     changes.
//   - Highlights are HTML, in which nothing but the marks is markup.
//
// Which products are shown is left to package search.
package display
