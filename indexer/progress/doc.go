// Package progress is what is known of the pipeline: the state, lag and counts of each
// source, the running rebuild, the last quarter of an hour, and all of that as metrics.
//
// Invariants:
//   - What is handed out is a picture that is not changed any more.
//   - What is said of a source is worked out when somebody asks, so a session that hangs
//     cannot keep it from being said.
//   - A source counts as sound when something is applied, not when it is heard.
//
// Whether anything is done about it is left to others.
package progress
