package deadletter

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
	"go.etcd.io/bbolt"
)

// Bounds of a letter's parts, in bytes.
const (
	maxID     = 512
	maxReason = 1024
)

// Letter is one change that could not be applied.
type Letter struct {
	Source   string
	ID       string
	Reason   string
	Position string
	At       time.Time
	Attempts int
}

// stored is a letter with its place in the order of eviction.
type stored struct {
	Letter
	Seq uint64
}

func read(b *bbolt.Bucket, key []byte) (stored, error) {
	value := b.Get(key)
	if value == nil {
		return stored{}, ErrNotFound
	}
	var l stored
	if err := json.Unmarshal(value, &l); err != nil {
		return stored{}, fmt.Errorf("read dead letter: %w", err)
	}
	return l, nil
}

func letterKey(source, id string) []byte { return []byte(source + "\x00" + id) }

func sourceOf(key string) string {
	for i := range len(key) {
		if key[i] == 0 {
			return key[:i]
		}
	}
	return key
}

func seqKey(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

// shorten keeps texts within a bound; what is cut is told apart by a hash.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	cut := limit - 20
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s…%016x", s[:cut], xxhash.Sum64String(s))
}
