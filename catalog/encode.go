package catalog

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// AppendDisplay appends the JSON object of the fields that a hit shows, in the
// schema's order. Money is {"amount": minor units, "currency"}, dates are RFC
// 3339 UTC with milliseconds.
func (p Product) AppendDisplay(dst []byte) []byte {
	return append(p.appendFields(append(dst, '{'), false), '}')
}

// AppendDetail appends the JSON object of all fields, and of all attributes
// under "attributes".
func (p Product) AppendDetail(dst []byte) []byte {
	dst = p.appendFields(append(dst, '{'), true)
	if len(p.Attributes) > 0 {
		if len(p.fields) > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `"attributes":{`...)
		for i, a := range p.Attributes {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, a.Label()), ':')
			dst = appendValues(dst, nil, a.Values, len(a.Values) > 1)
		}
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func (p Product) appendFields(dst []byte, all bool) []byte {
	first := true
	for _, f := range p.fields {
		if !f.field.Display && !all {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, f.field.Name), ':')
		dst = appendValues(dst, f.field, f.values, f.list || len(f.values) > 1)
	}
	return dst
}

func appendValues(dst []byte, f *Field, values []Value, list bool) []byte {
	if !list {
		return appendValue(dst, f, values[0])
	}
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendValue(dst, f, v)
	}
	return append(dst, ']')
}

func appendValue(dst []byte, f *Field, v Value) []byte {
	switch v.Kind {
	case KindBool:
		return append(dst, v.Text...)
	case KindNumber:
		return appendNumber(dst, v.Number)
	case KindMoney:
		dst = strconv.AppendInt(append(dst, `{"amount":`...), int64(v.Number), 10)
		return append(appendString(append(dst, `,"currency":`...), f.Currency), '}')
	case KindDate:
		return append(appendMillis(append(dst, '"'), int64(v.Number)), '"')
	}
	return appendString(dst, v.Text)
}

func appendNumber(dst []byte, n float64) []byte {
	if a := math.Abs(n); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, n, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, n, 'f', -1, 64)
}

const hexDigits = "0123456789abcdef"

// appendString appends a JSON string. The text is valid UTF-8 already; U+2028
// and U+2029 are escaped too, so that the JSON may stand in a script.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if c >= utf8.RuneSelf && r != '\u2028' && r != '\u2029' {
			i += size
			continue
		}
		dst = append(dst, s[from:i]...)
		switch r {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
		}
		i += size
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

// Digest identifies everything of the product that reaches an index. The drift
// check compares it.
func (p Product) Digest() uint64 {
	buf := make([]byte, 0, 4096)
	buf = strconv.AppendBool(append(append(buf, p.ID...), 0), p.Visible)
	buf = append(append(append(buf, 0), p.Group...), 0)
	return xxhash.Sum64(p.AppendDetail(buf))
}
