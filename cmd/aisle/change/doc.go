// Package change makes small changes to a shop's prices and stock, which the commands that
// measure and compare need, and puts them back.
//
// Invariants:
//   - Each change is by one, up and down in turn, so none adds up.
//   - What was changed is known, and put back by Restore, whatever else fails.
//
// When and how often to change, and what shows of it, is left to the commands.
package change
