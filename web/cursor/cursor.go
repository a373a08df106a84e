package cursor

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

// KeySize is the size of the key that seals history cursors, in bytes.
const KeySize = 32

// maxCursor bounds a cursor in bytes.
const maxCursor = 1 << 10

// Sealer makes history cursors: nobody else can make or read one, and one query
// cannot be continued with another's.
type Sealer struct{ aead cipher.AEAD }

var encoding = base64.RawURLEncoding.Strict()

// New makes a sealer of a key of KeySize bytes.
func New(key []byte) (*Sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make cursor seal: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make cursor seal: %w", err)
	}
	return &Sealer{aead: aead}, nil
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

// Seal makes the cursor of a place in a history.
func (s *Sealer) Seal(caller string, q orders.HistoryQuery, at orders.HistoryKey) string {
	digest := historyDigest(caller, q)
	plaintext := append(digest[:], at.Encode()...)
	return encoding.EncodeToString(s.aead.Seal(nil, nil, plaintext, []byte(historyPurpose)))
}

// Open reads a cursor back, for the same history only.
func (s *Sealer) Open(caller string, q orders.HistoryQuery, cursor string) (*orders.HistoryKey, error) {
	if len(cursor) > maxCursor {
		return nil, search.ErrInvalidCursor
	}
	sealed, err := encoding.DecodeString(cursor)
	if err != nil {
		return nil, search.ErrInvalidCursor
	}
	plaintext, err := s.aead.Open(nil, nil, sealed, []byte(historyPurpose))
	if err != nil || len(plaintext) < sha256.Size {
		return nil, search.ErrInvalidCursor
	}
	if [sha256.Size]byte(plaintext[:sha256.Size]) != historyDigest(caller, q) {
		return nil, ErrMismatch
	}
	at, err := orders.ParseHistoryKey(string(plaintext[sha256.Size:]))
	if err != nil {
		return nil, search.ErrInvalidCursor
	}
	return &at, nil
}
