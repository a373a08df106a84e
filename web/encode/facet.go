package encode

import (
	"math"
	"strconv"
	"time"

	"github.com/aisle-search/aisle/search"
)

func appendFacet(b []byte, f *search.Facet) []byte {
	b = append(b, `{"name":`...)
	b = appendText(b, f.Name)
	if f.Kind == "range" {
		return appendRange(b, f)
	}
	b = append(b, `,"kind":"terms","values":[`...)
	for i, v := range f.Values {
		b = comma(b, i)
		b = append(b, `{"value":`...)
		b = appendText(b, v.Value)
		b = append(b, `,"count":`...)
		b = strconv.AppendInt(b, int64(v.Count), 10)
		b = append(b, `,"selected":`...)
		b = strconv.AppendBool(b, v.Selected)
		b = append(b, '}')
	}
	b = append(b, `],"more":`...)
	b = strconv.AppendBool(b, f.More)
	b = append(b, `,"distinct":`...)
	b = strconv.AppendInt(b, int64(f.Distinct), 10)
	return append(b, '}')
}

// appendRange writes a range facet. Without buckets nothing in the result has a
// value, and there is no smallest or largest.
func appendRange(b []byte, f *search.Facet) []byte {
	low, high := f.Min, f.Max
	if len(f.Buckets) == 0 {
		low, high = math.NaN(), math.NaN()
	}
	b = append(b, `,"kind":"range","min":`...)
	b = appendBound(b, f.FieldKind, low)
	b = append(b, `,"max":`...)
	b = appendBound(b, f.FieldKind, high)
	b = append(b, `,"buckets":[`...)
	for i, v := range f.Buckets {
		b = comma(b, i)
		b = append(b, `{"from":`...)
		b = appendBound(b, f.FieldKind, v.From)
		b = append(b, `,"to":`...)
		b = appendBound(b, f.FieldKind, v.To)
		b = append(b, `,"count":`...)
		b = strconv.AppendInt(b, int64(v.Count), 10)
		b = append(b, '}')
	}
	return append(b, `]}`...)
}

// appendBound writes a bound the way a filter on the field takes it: dates as
// RFC 3339, money in whole minor units, numbers as they are.
func appendBound(b []byte, kind search.Kind, f float64) []byte {
	// Beyond these years RFC 3339 has no spelling.
	const earliest, latest = -62135596800000, 253402300799999
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(b, `null`...)
	case kind == search.Date && f >= earliest && f <= latest:
		return Time(b, time.UnixMilli(int64(f)))
	case kind == search.Money && math.Abs(f) < 1<<53:
		return strconv.AppendInt(b, int64(math.Round(f)), 10)
	}
	return appendFloat(b, f)
}
