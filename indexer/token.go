package indexer

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/orders"
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

// maxDemands bounds how many tokens a demand may join.
const maxDemands = 8

// ParseDemand reads what a reader demands: tokens joined by commas, each as Encode
// gave it or spelled by one who has written to a database itself, "catalog:T.I" with
// MongoDB's operation time or "orders:HIGH/LOW" with an LSN of Postgres. All of them
// are demanded.
func ParseDemand(s string) (Token, error) {
	var all Token
	parts := strings.SplitN(s, ",", maxDemands+1)
	if len(parts) > maxDemands {
		return Token{}, fmt.Errorf("%w: more than %d joined", ErrToken, maxDemands)
	}
	for _, part := range parts {
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
		return ParseToken(s)
	case source == SourceCatalog:
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
	case source == SourceOrders:
		lsn, err := orders.ParseLSN(position)
		if err != nil {
			return Token{}, fmt.Errorf("%w: %w", ErrToken, err)
		}
		return Token{OrdersLSN: uint64(lsn)}, nil
	}
	return Token{}, fmt.Errorf("%w: there is no source %.40q", ErrToken, source)
}

// TokenOf reads positions as generations store them. What cannot be read counts as
// seen nothing, so that an answer is called stale rather than fresh.
func TokenOf(positions map[string][]byte) (t Token) {
	var at catalog.Position
	if at.UnmarshalBinary(positions[SourceCatalog]) == nil {
		t.CatalogT, t.CatalogI = at.Time.T, at.Time.I
	}
	if lsn := positions[SourceOrders]; len(lsn) == 8 {
		t.OrdersLSN = binary.BigEndian.Uint64(lsn)
	}
	return t
}

// ShownOf is what a reader has seen something of by positions as generations store
// them: at least what TokenOf says is reached. One who demands it never sees less.
func ShownOf(positions map[string][]byte) Token {
	t := TokenOf(positions)
	var at catalog.Position
	if at.UnmarshalBinary(positions[SourceCatalog]) == nil {
		shown := at.Shown()
		t.CatalogT, t.CatalogI = shown.T, shown.I
	}
	return t
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

// frontier is how far searches can see: the positions applied in memory, which
// are at or past the durable ones.
type frontier struct {
	mu    sync.Mutex // guards what follows
	token Token
	moved chan struct{} // closed and replaced at each move
}

func newFrontier() *frontier { return &frontier{moved: make(chan struct{})} }

func (f *frontier) applied() Token {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.token
}

// advanceCatalog moves on; a position seen again moves nothing.
func (f *frontier) advanceCatalog(t catalog.ClusterTime) {
	f.change(func(now *Token) {
		if t.Compare(now.catalog()) > 0 {
			now.CatalogT, now.CatalogI = t.T, t.I
		}
	})
}

// resetCatalog says what a generation that begins to serve has seen. A database
// that was restored to an earlier state may be behind what was seen before.
func (f *frontier) resetCatalog(t catalog.ClusterTime) {
	f.change(func(now *Token) { now.CatalogT, now.CatalogI = t.T, t.I })
}

func (f *frontier) advanceOrders(lsn orders.LSN) {
	f.change(func(now *Token) { now.OrdersLSN = max(now.OrdersLSN, uint64(lsn)) })
}

func (f *frontier) resetOrders(lsn orders.LSN) {
	f.change(func(now *Token) { now.OrdersLSN = uint64(lsn) })
}

func (f *frontier) change(change func(*Token)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.token
	if change(&f.token); f.token != before {
		close(f.moved)
		f.moved = make(chan struct{})
	}
}

// wait returns true as soon as want is reached, false when ctx ends before.
func (f *frontier) wait(ctx context.Context, want Token) bool {
	for {
		f.mu.Lock()
		reached, moved := f.token.Reaches(want), f.moved
		f.mu.Unlock()
		if reached {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return false
		}
	}
}
