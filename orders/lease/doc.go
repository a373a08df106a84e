// Package lease lets one node at a time do a kind of work, and refuses what a former
// holder does late.
//
// Invariants:
//   - A lease is a row of the table leases. Its term grows by one each time that
//     another takes it, and never shrinks.
//   - Expiry is by the database's clock alone. A holder that cannot renew in time
//     cancels its work by its own monotonic clock before that, but nobody relies on it:
//     a holder may be paused at any instant.
//   - Every write of a holder is made in a transaction that Guard has checked. Guard
//     locks the row, so the lease cannot be taken between the check and the commit.
package lease
