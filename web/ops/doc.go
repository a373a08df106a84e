// Package ops answers those who run the service: probes, metrics, status, rebuilds,
// dead letters and comparisons of index and sources.
//
// Invariants:
//   - What is told is the pipeline's own; nothing is counted or kept here.
//   - Streams of events are bounded in number, and end when the service stops.
//
// Who may ask, and which status an error gets, is left to web.
package ops
