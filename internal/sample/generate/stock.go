package generate

import (
	"bytes"
	"math"
)

// stock is how many pieces of a product there are.
type stock struct {
	Product string `json:"product"`
	OnHand  int    `json:"on_hand"`
}

// stockLines gives most products a good stock, some little, some nothing. A few
// have no row at all: the shop makes them to order.
func stockLines(products []product) ([]byte, error) {
	var out bytes.Buffer
	for _, p := range products {
		random := chance("stock " + p.sku)
		if p.status != "published" || random.IntN(40) == 0 {
			continue
		}
		pieces := 4 + int(math.Pow(random.Float64(), 2)*120+2*p.popularity)
		switch lot := random.IntN(100); {
		case lot < 9:
			pieces = 0
		case lot < 20:
			pieces = 1 + random.IntN(3)
		}
		text, err := marshal(stock{p.sku, pieces})
		if err != nil {
			return nil, err
		}
		out.Write(text)
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}
