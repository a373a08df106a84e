// Package browsertest tries the pages in Chromium against a running Aisle: the
// binary is built and started as `aisle demo`, with both databases and the
// sample shop.
//
// Invariants:
//   - A test sees only what a shopper or an operator sees, and the same HTTP API
//     that they have.
//   - Every page that a test opens must stay without console errors, uncaught
//     exceptions and requests to other origins; closing it checks.
//   - Tests share one Aisle. Those that change the shop are not parallel, so
//     they are over when the parallel ones compare pages with the API.
//
// There is no production code here.
package browsertest
