// Package soak runs servers, writers and searchers under random faults for as long as
// it is told, and proves at the end that the index equals its databases.
//
// Invariants:
//   - The kinds of faults, their order and their measures come from the seed alone.
//   - One fault at a time; the next comes when every node has caught up, which is
//     itself bounded.
//   - A search that was sent to a node that serves must be answered by 200, or by 503
//     with Retry-After because too many search at once. While a process is down, or has
//     no index yet after a start, nothing is asked of it.
//   - Everything that was started has ended when Run returns.
package soak
