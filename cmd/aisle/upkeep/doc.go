// Package upkeep is what a serving process does beside its parts: it tunes the garbage
// collector, answers Go's profiles, and exports what no part exports itself.
//
// Invariants:
//   - Whoever sets GOGC decides; nothing is tuned then.
//   - Profiles are answered on a loopback address only, and only when one is given.
//
// Starting and ending the parts is left to the wiring.
package upkeep
