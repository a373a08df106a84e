package search

// signalValue is the signals of one product. The zero value stands for a product
// without any.
type signalValue struct {
	stock         int64
	sold7, sold30 int32
	tracked       bool // a stock row is known
}

// newSignalValue makes a value; sums that 32 bits do not hold are cut.
func newSignalValue(stock, sold7, sold30 int64, tracked bool) signalValue {
	return signalValue{stock: stock, sold7: clampInt32(sold7), sold30: clampInt32(sold30), tracked: tracked}
}

// buyable tells whether a piece can be bought now.
func (v signalValue) buyable() bool { return v.tracked && v.stock > 0 }

// soldOut tells whether the stock is known to be gone.
func (v signalValue) soldOut() bool { return v.tracked && v.stock <= 0 }

func clampInt32(n int64) int32 { return int32(max(-1<<31, min(n, 1<<31-1))) }
