// Package generate writes the sample shop: products, orders, stock, judgments
// and pictures, from the descriptions in its data folder.
//
// Invariants:
//   - The same data give the same bytes, on every machine and at every time:
//     all chance comes from seeded sources, each named by what it decides, so
//     that a change to one kind of product leaves the others as they are.
//   - All brands, products and customers are made up. EANs have the prefix 2,
//     which no maker is given.
//
// The program in internal/sample/cmd/generate runs it; nothing else imports it.
package generate
