// Package historycheck records what writers wrote and readers saw, and tells where
// that breaks what Aisle promises of consistency.
//
// Each writer owns products that nobody else writes, writes one at a time, and numbers
// its writes 1, 2, 3 …; the number is the version that readers see. A write may also
// remove its product.
//
// Invariants:
//   - The checker has no clock, no network and no state but the history.
//   - It never guesses against the server: a product that is not there counts as the
//     earliest removal that fits.
//   - What may or may not have been written is left out, by retiring the product.
package historycheck
