package signal

// Value is the signals of one product. The zero value stands for a product
// without any.
type Value struct {
	Stock         int64
	Sold7, Sold30 int32
	Tracked       bool // a stock row is known
}

// NewValue makes a value; sums that 32 bits do not hold are cut.
func NewValue(stock, sold7, sold30 int64, tracked bool) Value {
	return Value{Stock: stock, Sold7: clampInt32(sold7), Sold30: clampInt32(sold30), Tracked: tracked}
}

// Buyable tells whether a piece can be bought now.
func (v Value) Buyable() bool { return v.Tracked && v.Stock > 0 }

// SoldOut tells whether the stock is known to be gone.
func (v Value) SoldOut() bool { return v.Tracked && v.Stock <= 0 }

func clampInt32(n int64) int32 { return int32(max(-1<<31, min(n, 1<<31-1))) }
