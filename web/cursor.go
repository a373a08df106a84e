package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/aisle-search/aisle/orders"
	"github.com/aisle-search/aisle/search"
)

// cursorKeySize is the size of the key that seals history cursors, in bytes.
const cursorKeySize = 32

// sealer makes history cursors: nobody else can make or read one, and one query
// cannot be continued with another's.
type sealer struct{ aead cipher.AEAD }

var cursorEncoding = base64.RawURLEncoding.Strict()

func newSealer(key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cursor seal: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make cursor seal: %w", err)
	}
	return &sealer{aead: aead}, nil
}

// historyPurpose keeps cursors of this kind apart from any other sealed with the
// same key.
const historyPurpose = "aisle history cursor 1"

// historyDigest identifies a history: whose, for whom, between which times.
func historyDigest(caller string, q orders.HistoryQuery) [sha256.Size]byte {
	b := make([]byte, 0, 256)
	for _, s := range []string{caller, q.Customer, q.From.Format(time.RFC3339Nano), q.To.Format(time.RFC3339Nano)} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return sha256.Sum256(b)
}

// seal makes the cursor of a place in a history.
func (s *sealer) seal(caller string, q orders.HistoryQuery, at orders.HistoryKey) string {
	digest := historyDigest(caller, q)
	plaintext := append(digest[:], at.Encode()...)
	return cursorEncoding.EncodeToString(s.aead.Seal(nil, nil, plaintext, []byte(historyPurpose)))
}

// open reads a cursor back, for the same history only.
func (s *sealer) open(caller string, q orders.HistoryQuery, cursor string) (*orders.HistoryKey, error) {
	sealed, err := cursorEncoding.DecodeString(cursor)
	if err != nil || len(cursor) > maxCursor {
		return nil, search.ErrInvalidCursor
	}
	plaintext, err := s.aead.Open(nil, nil, sealed, []byte(historyPurpose))
	if err != nil || len(plaintext) < sha256.Size {
		return nil, search.ErrInvalidCursor
	}
	if [sha256.Size]byte(plaintext[:sha256.Size]) != historyDigest(caller, q) {
		return nil, search.ErrCursorMismatch
	}
	at, err := orders.ParseHistoryKey(string(plaintext[sha256.Size:]))
	if err != nil {
		return nil, search.ErrInvalidCursor
	}
	return &at, nil
}
