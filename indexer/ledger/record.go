package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/aisle-search/aisle/search"
)

// Day is a UTC day, counted from 1970-01-01.
type Day int32

// Windows, in whole UTC days with today as the last one.
const (
	shortWindow = 7
	longWindow  = 30
	keptDays    = 31 // one more than the longest window, so that a clock may go back a little
)

// row is what is kept of a stock row or an order line.
type row struct {
	product  string
	quantity int64
	day      Day // lines only
}

func (r row) encode() []byte {
	b := make([]byte, 0, 2*binary.MaxVarintLen64+len(r.product))
	b = binary.AppendVarint(b, r.quantity)
	b = binary.AppendVarint(b, int64(r.day))
	return append(b, r.product...)
}

func decodeRow(b []byte) (row, error) {
	quantity, n := binary.Varint(b)
	if n <= 0 {
		return row{}, fmt.Errorf("%w: quantity", errRecord)
	}
	day, m := binary.Varint(b[n:])
	if m <= 0 {
		return row{}, fmt.Errorf("%w: day", errRecord)
	}
	return row{product: string(b[n+m:]), quantity: quantity, day: Day(day)}, nil
}

// sum is what a product's rows add up to. Days are sorted and hold no zero.
type sum struct {
	stockRows int64
	stock     int64
	days      []dayUnits
}

type dayUnits struct {
	day   Day
	units int64
}

// addUnits books units on a day; negative ones take away.
func (s *sum) addUnits(day Day, units int64) {
	i, found := slices.BinarySearchFunc(s.days, day, func(d dayUnits, day Day) int { return int(d.day - day) })
	if !found {
		s.days = slices.Insert(s.days, i, dayUnits{day: day})
	}
	s.days[i].units += units
	if s.days[i].units == 0 {
		s.days = slices.Delete(s.days, i, i+1)
	}
}

// forget drops the days up to and including the horizon.
func (s *sum) forget(horizon Day) {
	s.days = slices.DeleteFunc(s.days, func(d dayUnits) bool { return d.day <= horizon })
}

func (s *sum) empty() bool { return s.stockRows == 0 && s.stock == 0 && len(s.days) == 0 }

// signal is the sum as the index shows it on a day.
func (s *sum) signal(id string, today Day) search.Signal {
	signal := search.Signal{ID: id, Stock: max(0, s.stock), Tracked: s.stockRows > 0}
	for _, d := range s.days {
		if d.day > today {
			continue
		}
		if d.day > today-shortWindow {
			signal.Sold7 += d.units
		}
		if d.day > today-longWindow {
			signal.Sold30 += d.units
		}
	}
	return signal
}

func (s *sum) encode() []byte {
	b := make([]byte, 0, 16+6*len(s.days))
	b = binary.AppendVarint(b, s.stockRows)
	b = binary.AppendVarint(b, s.stock)
	for _, d := range s.days {
		b = binary.AppendVarint(b, int64(d.day))
		b = binary.AppendVarint(b, d.units)
	}
	return b
}

func decodeSum(b []byte) (*sum, error) {
	var values []int64
	for len(b) > 0 {
		v, n := binary.Varint(b)
		if n <= 0 {
			return nil, fmt.Errorf("%w: sum", errRecord)
		}
		values, b = append(values, v), b[n:]
	}
	if len(values) < 2 || len(values)%2 != 0 {
		return nil, fmt.Errorf("%w: sum of %d numbers", errRecord, len(values))
	}
	s := &sum{stockRows: values[0], stock: values[1]}
	for i := 2; i < len(values); i += 2 {
		s.days = append(s.days, dayUnits{day: Day(values[i]), units: values[i+1]})
	}
	return s, nil
}
