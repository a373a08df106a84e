package encode

import (
	"strconv"

	"github.com/aisle-search/aisle/search"
)

// Record appends one product as the index holds it. positions is the token of
// what was seen; stale says that it is less than what was demanded.
func Record(b []byte, r *search.Record, positions string, stale bool) []byte {
	b = append(b, `{"id":`...)
	b = appendText(b, r.ID)
	b = append(b, `,"product":`...)
	b = appendProduct(b, r.Detail, r.Signal)
	b = append(b, `,"in_stock":`...)
	b = strconv.AppendBool(b, r.Signal.Buyable())
	b = append(b, `,"stock":`...)
	b = appendStock(b, r.Signal)
	b = append(b, `,"sold_7d":`...)
	b = strconv.AppendInt(b, r.Signal.Sold7, 10)
	b = append(b, `,"sold_30d":`...)
	b = strconv.AppendInt(b, r.Signal.Sold30, 10)
	b = append(b, `,"stale":`...)
	b = strconv.AppendBool(b, stale)
	b = append(b, `,"positions":`...)
	b = appendText(b, positions)
	b = append(b, `,"indexed_at":`...)
	b = Time(b, r.IndexedAt)
	return append(b, '}')
}

// appendProduct writes the display fields with what can be bought added. stock
// is null when no stock is kept for the product; it then cannot be ordered.
func appendProduct(b, display []byte, s search.Signal) []byte {
	b = openObject(b, display)
	b = append(b, `"in_stock":`...)
	b = strconv.AppendBool(b, s.Buyable())
	b = append(b, `,"stock":`...)
	b = appendStock(b, s)
	return append(b, '}')
}

func appendStock(b []byte, s search.Signal) []byte {
	if !s.Tracked {
		return append(b, `null`...)
	}
	return strconv.AppendInt(b, s.Stock, 10)
}

// openObject writes a JSON object without its closing brace, ready for one more
// member. What is no object is left out.
func openObject(b, object []byte) []byte {
	n := len(object)
	for n > 0 && object[n-1] <= ' ' {
		n--
	}
	if n < 2 || object[0] != '{' || object[n-1] != '}' {
		return append(b, '{')
	}
	b = append(b, object[:n-1]...)
	for len(b) > 0 && b[len(b)-1] <= ' ' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return b
}
