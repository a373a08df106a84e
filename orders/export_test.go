package orders

import "context"

// HistorySQL is the query whose plan is looked at.
const HistorySQL = historySQL

// Arguments are those of HistorySQL.
func (q HistoryQuery) Arguments() []any { return q.arguments() }

// Claim takes the key of a request as placing does.
var Claim = claim

// PlaceOnce places without a second attempt.
func (s *Store) PlaceOnce(ctx context.Context, req PlaceRequest) (PlaceResult, error) {
	return s.placeOnce(ctx, req)
}

// CancelOnce cancels without a second attempt.
func (s *Store) CancelOnce(ctx context.Context, id OrderID) (CancelResult, error) {
	return s.cancelOnce(ctx, id)
}
