package indexer

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/aisle-search/aisle/catalog"
)

// ErrToken: a text is no consistency token.
var ErrToken = errors.New("indexer: not a consistency token")

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

// ParseToken reads what Encode gave. It accepts nothing else.
func ParseToken(s string) (Token, error) {
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

// Reaches says whether one who has seen t has seen all that want demands.
func (t Token) Reaches(want Token) bool {
	return t.catalog().Compare(want.catalog()) >= 0 && t.OrdersLSN >= want.OrdersLSN
}

// Join demands what either demands.
func (t Token) Join(u Token) Token {
	if t.catalog().Compare(u.catalog()) < 0 {
		t.CatalogT, t.CatalogI = u.CatalogT, u.CatalogI
	}
	t.OrdersLSN = max(t.OrdersLSN, u.OrdersLSN)
	return t
}

func (t Token) catalog() catalog.ClusterTime {
	return catalog.ClusterTime{T: t.CatalogT, I: t.CatalogI}
}
