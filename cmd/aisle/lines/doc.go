// Package lines reads files of products, one JSON document a line.
//
// Invariants:
//   - Files may be plain or compressed by gzip; - is the standard input.
//   - A later line replaces an earlier one of the same product.
//
// Storing them, and searching, is left to others.
package lines
