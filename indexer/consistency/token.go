package consistency

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/orders/postgres"
)

// Token is a consistency token: what a reader demands to see, or has seen.
type Token struct {
	CatalogT, CatalogI uint32 // MongoDB cluster time; zero demands nothing
	OrdersLSN          uint64 // Postgres LSN; zero demands nothing
}

// ErrToken: a text is no consistency token.
var ErrToken = errors.New("indexer: not a consistency token")

// CountError is ErrToken for a demand that joins more tokens than it may.
type CountError struct{ Given, Allowed int }

func (e *CountError) Error() string {
	return fmt.Sprintf("%v: %d joined, at most %d allowed", ErrToken, e.Given, e.Allowed)
}

// Unwrap is ErrToken.
func (e *CountError) Unwrap() error { return ErrToken }

const (
	tokenFormat = 1
	tokenBytes  = 1 + 4 + 4 + 8
)

// tokenEncoding is strict, so that a token has one spelling.
var tokenEncoding = base64.RawURLEncoding.Strict()

// Encode gives the token as short text that may stand in a URL or a header.
func (t Token) Encode() string {
	b := make([]byte, 0, tokenBytes)
	b = append(b, tokenFormat)
	b = binary.BigEndian.AppendUint32(b, t.CatalogT)
	b = binary.BigEndian.AppendUint32(b, t.CatalogI)
	b = binary.BigEndian.AppendUint64(b, t.OrdersLSN)
	return tokenEncoding.EncodeToString(b)
}

// Parse reads what Encode gave. It accepts nothing else.
func Parse(s string) (Token, error) {
	if len(s) != tokenEncoding.EncodedLen(tokenBytes) {
		return Token{}, fmt.Errorf("%w: %d characters", ErrToken, len(s))
	}
	b, err := tokenEncoding.DecodeString(s)
	if err != nil || len(b) != tokenBytes {
		return Token{}, fmt.Errorf("%w: not in its alphabet", ErrToken)
	}
	if b[0] != tokenFormat {
		return Token{}, fmt.Errorf("%w: format %d is not known", ErrToken, b[0])
	}
	return Token{
		CatalogT:  binary.BigEndian.Uint32(b[1:]),
		CatalogI:  binary.BigEndian.Uint32(b[5:]),
		OrdersLSN: binary.BigEndian.Uint64(b[9:]),
	}, nil
}

// maxDemands bounds how many tokens a demand may join.
const maxDemands = 8

// ParseDemand reads what a reader demands: tokens joined by commas, each as Encode
// gave it or spelled by one who has written to a database itself, "catalog:T.I" with
// MongoDB's operation time or "orders:HIGH/LOW" with an LSN of Postgres. All of them
// are demanded. Too many are a *CountError.
func ParseDemand(s string) (Token, error) {
	var all Token
	if given := strings.Count(s, ",") + 1; given > maxDemands {
		return Token{}, &CountError{given, maxDemands}
	}
	for part := range strings.SplitSeq(s, ",") {
		t, err := parsePart(part)
		if err != nil {
			return Token{}, err
		}
		all = all.Join(t)
	}
	return all, nil
}

func parsePart(s string) (t Token, err error) {
	source, position, spelled := strings.Cut(s, ":")
	switch {
	case !spelled:
		return Parse(s)
	case source == progress.SourceCatalog:
		second, ordinal, ok := strings.Cut(position, ".")
		var numbers [2]uint32
		for i, digits := range []string{second, ordinal} {
			n, err := strconv.ParseUint(digits, 10, 32)
			if ok = ok && err == nil; ok {
				numbers[i] = uint32(n)
			}
		}
		if !ok {
			return Token{}, fmt.Errorf("%w: %.40q is no operation time such as 1764056400.3", ErrToken, position)
		}
		return Token{CatalogT: numbers[0], CatalogI: numbers[1]}, nil
	case source == progress.SourceOrders:
		lsn, err := postgres.ParseLSN(position)
		if err != nil {
			return Token{}, fmt.Errorf("%w: %w", ErrToken, err)
		}
		return Token{OrdersLSN: uint64(lsn)}, nil
	}
	return Token{}, fmt.Errorf("%w: there is no source %.40q", ErrToken, source)
}

// Of reads positions as generations store them. What cannot be read counts as
// seen nothing, so that an answer is called stale rather than fresh.
func Of(positions map[string][]byte) (t Token) {
	var at catalog.Position
	if at.UnmarshalBinary(positions[progress.SourceCatalog]) == nil {
		t.CatalogT, t.CatalogI = at.Time.T, at.Time.I
	}
	if lsn := positions[progress.SourceOrders]; len(lsn) == 8 {
		t.OrdersLSN = binary.BigEndian.Uint64(lsn)
	}
	return t
}

// ShownOf is what a reader has seen something of by positions as generations store
// them: at least what Of says is reached. One who demands it never sees less.
func ShownOf(positions map[string][]byte) Token {
	t := Of(positions)
	var at catalog.Position
	if at.UnmarshalBinary(positions[progress.SourceCatalog]) == nil {
		shown := at.Shown()
		t.CatalogT, t.CatalogI = shown.T, shown.I
	}
	return t
}

// Reaches says whether one who has seen t has seen all that want demands.
func (t Token) Reaches(want Token) bool {
	return t.Catalog().Compare(want.Catalog()) >= 0 && t.OrdersLSN >= want.OrdersLSN
}

// Join demands what either demands.
func (t Token) Join(u Token) Token {
	if t.Catalog().Compare(u.Catalog()) < 0 {
		t.CatalogT, t.CatalogI = u.CatalogT, u.CatalogI
	}
	t.OrdersLSN = max(t.OrdersLSN, u.OrdersLSN)
	return t
}

// Catalog is the position in the catalogue.
func (t Token) Catalog() catalog.ClusterTime {
	return catalog.ClusterTime{T: t.CatalogT, I: t.CatalogI}
}
