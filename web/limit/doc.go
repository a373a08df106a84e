// Package limit bounds what callers can ask for at once: requests of one caller
// over time, and searches in flight.
//
// Invariants:
//   - Memory is bounded whatever callers do.
//   - Nobody waits longer than a stated time for a turn.
//
// Who a caller is, and what a refusal looks like, is left to web.
package limit
