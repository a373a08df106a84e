package catalog

import (
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
	"golang.org/x/net/html"
)

// Value is one value of a field or attribute.
type Value struct {
	Kind Kind
	// Text is the value of KindText, KindKeyword, KindURL, and of KindBool as
	// "true" or "false".
	Text string
	// Number is the value of KindNumber, KindMoney (whole minor units) and
	// KindDate (milliseconds since 1970 UTC).
	Number float64
}

// maxExact is the largest whole number that a float64 holds exactly.
const maxExact = 1 << 53

// convert reads a declared field's value. A reason means that the value is not
// of the field's kind; a zero Value without one means that nothing is there.
func (f *Field) convert(v bsoncore.Value) (Value, string) {
	if blank(v) {
		return Value{}, ""
	}
	switch f.Kind {
	case KindText, KindKeyword, KindURL:
		s, ok := scalarText(v)
		if !ok {
			return Value{}, "is " + typeName(v) + ", not text"
		}
		if f.html {
			s = stripHTML(s)
		}
		if s = strings.TrimSpace(s); s == "" {
			return Value{}, ""
		}
		return Value{Kind: f.Kind, Text: s}, ""
	case KindNumber:
		n, ok := numberOf(v)
		if !ok {
			return Value{}, shown(v) + " is not a number"
		}
		return Value{Kind: KindNumber, Number: n}, ""
	case KindMoney:
		return f.money(v)
	case KindDate:
		ms, ok := millisOf(v)
		if !ok {
			return Value{}, shown(v) + " is not a date: use a date value or RFC 3339 text"
		}
		return Value{Kind: KindDate, Number: float64(ms)}, ""
	}
	switch s, ok := scalarText(v); {
	case ok && (s == "true" || s == "false"):
		return Value{Kind: KindBool, Text: s}, ""
	}
	return Value{}, shown(v) + " is not true or false"
}

// blank tells text that holds nothing, which is nothing to a field of any kind.
func blank(v bsoncore.Value) bool {
	text, ok := v.StringValueOK()
	if !ok {
		text, ok = v.SymbolOK()
	}
	return ok && strings.TrimSpace(text) == ""
}

// money reads an amount exactly: no binary fraction takes part.
func (f *Field) money(v bsoncore.Value) (Value, string) {
	text, ok := decimalText(v)
	amount, valid := new(big.Rat), false
	if ok {
		amount, valid = amount.SetString(text)
	}
	if !valid {
		return Value{}, shown(v) + " is not an amount of money"
	}
	if f.major {
		amount.Mul(amount, new(big.Rat).SetInt64(int64(math.Pow10(f.MinorUnits))))
		amount = round(amount)
	}
	if !amount.IsInt() {
		return Value{}, shown(v) + " is not a whole number of minor units"
	}
	if n := amount.Num(); n.IsInt64() && n.Int64() >= -maxExact && n.Int64() <= maxExact {
		return Value{Kind: KindMoney, Number: float64(n.Int64())}, ""
	}
	return Value{}, shown(v) + " is too large for an amount of money"
}

// round takes the nearest whole number, halves away from zero.
func round(r *big.Rat) *big.Rat {
	half := big.NewRat(int64(r.Sign()), 2)
	sum := new(big.Rat).Add(r, half)
	return new(big.Rat).SetInt(new(big.Int).Quo(sum.Num(), sum.Denom()))
}

// decimalText gives a number as plain decimal text, bounded so that nobody can
// make an exponent cost memory.
func decimalText(v bsoncore.Value) (string, bool) {
	switch bson.Type(v.Type) {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble, bson.TypeDecimal128, bson.TypeString:
	default:
		return "", false
	}
	s, ok := scalarText(v)
	s = strings.TrimSpace(s)
	if !ok || len(s) == 0 || len(s) > 40 || strings.Trim(s, "0123456789+-.eE") != "" {
		return "", false
	}
	// The exponents of float64 are more than money needs.
	if n, err := strconv.ParseFloat(s, 64); err != nil || math.IsInf(n, 0) || (n != 0 && math.Abs(n) < 1e-30) {
		return "", false
	}
	return s, true
}

func numberOf(v bsoncore.Value) (float64, bool) {
	switch bson.Type(v.Type) {
	case bson.TypeInt32:
		return float64(v.Int32()), true
	case bson.TypeInt64:
		return float64(v.Int64()), true
	case bson.TypeDouble:
		n := v.Double()
		return n, finite(n)
	case bson.TypeDecimal128, bson.TypeString:
		s, _ := scalarText(v)
		s = strings.TrimSpace(s)
		if s == "" || len(s) > 60 || strings.Trim(s, "0123456789+-.eE") != "" {
			return 0, false
		}
		n, err := strconv.ParseFloat(s, 64)
		return n, err == nil && finite(n)
	}
	return 0, false
}

func finite(n float64) bool { return !math.IsNaN(n) && !math.IsInf(n, 0) }

// maxMillis bounds dates to the years 0 to 9999, which RFC 3339 can write.
var minMillis, maxMillis = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).UnixMilli()

func millisOf(v bsoncore.Value) (int64, bool) {
	var ms int64
	switch bson.Type(v.Type) {
	case bson.TypeDateTime:
		ms = v.DateTime()
	case bson.TypeTimestamp:
		t, _ := v.Timestamp()
		ms = int64(t) * 1000
	case bson.TypeString:
		t, ok := parseDate(strings.TrimSpace(v.StringValue()))
		if !ok {
			return 0, false
		}
		ms = t.UnixMilli()
	default:
		return 0, false
	}
	return ms, ms >= minMillis && ms <= maxMillis
}

// parseDate reads RFC 3339, also without a zone (UTC then) or without a time.
func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly, time.DateTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// scalarText gives any scalar as text.
func scalarText(v bsoncore.Value) (string, bool) {
	switch bson.Type(v.Type) {
	case bson.TypeString:
		return v.StringValue(), true
	case bson.TypeSymbol:
		return v.Symbol(), true
	case bson.TypeInt32:
		return strconv.FormatInt(int64(v.Int32()), 10), true
	case bson.TypeInt64:
		return strconv.FormatInt(v.Int64(), 10), true
	case bson.TypeDouble:
		return strconv.FormatFloat(v.Double(), 'f', -1, 64), finite(v.Double())
	case bson.TypeDecimal128:
		high, low := v.Decimal128()
		d := bson.NewDecimal128(high, low)
		return d.String(), !d.IsNaN() && d.IsInf() == 0
	case bson.TypeBoolean:
		return strconv.FormatBool(v.Boolean()), true
	case bson.TypeObjectID:
		id := v.ObjectID()
		return hex.EncodeToString(id[:]), true
	case bson.TypeDateTime:
		return string(appendMillis(nil, v.DateTime())), true
	case bson.TypeBinary:
		if subtype, data := v.Binary(); subtype == bson.TypeBinaryUUID && len(data) == 16 {
			return uuid.UUID(data).String(), true
		}
	}
	return "", false
}

// millisLayout is the form of every date that is given out.
const millisLayout = "2006-01-02T15:04:05.000Z"

func appendMillis(dst []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(dst, millisLayout)
}

// shown is a value as an error message quotes it.
func shown(v bsoncore.Value) string {
	if bson.Type(v.Type) == bson.TypeDouble {
		return strconv.FormatFloat(v.Double(), 'g', -1, 64)
	}
	if s, ok := scalarText(v); ok {
		return quoted(s)
	}
	return typeName(v)
}

func typeName(v bsoncore.Value) string {
	switch bson.Type(v.Type) {
	case bson.TypeEmbeddedDocument:
		return "an object"
	case bson.TypeArray:
		return "a list"
	}
	return "a value of type " + bson.Type(v.Type).String()
}

// inlineTags do not part words: "H<sub>2</sub>O" is one.
var inlineTags = map[string]bool{
	"a": true, "b": true, "em": true, "font": true, "i": true, "small": true,
	"span": true, "strong": true, "sub": true, "sup": true, "u": true,
}

// stripHTML leaves the text of HTML fragments. Text without a tag or entity is
// returned as it is.
func stripHTML(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	hidden := false // within script or style
	for z := html.NewTokenizer(strings.NewReader(s)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return strings.Join(strings.Fields(b.String()), " ")
		case html.TextToken:
			if !hidden {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			token := z.Token()
			hidden = token.Type == html.StartTagToken && (token.Data == "script" || token.Data == "style")
			if !inlineTags[token.Data] {
				b.WriteByte(' ')
			}
		}
	}
}
