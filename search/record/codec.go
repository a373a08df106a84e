package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/aisle-search/aisle/search/folder"
)

// Codec compresses stored records. Each alone is too short to be compressed
// well; so records that came early serve as a dictionary for all later ones (on
// Icecat 390 bytes a record, instead of 660 without and 850 as Bleve does it).
//
// Each record names the dictionary it needs, none or that of the generation, so
// that a dictionary may come at any time. It is on disk before a record needs it.
type Codec struct {
	path string
	mu   sync.Mutex // one at a time makes the dictionary
	made atomic.Pointer[compression]
}

// compression is a compressor and what undoes it. Both are for any number of
// goroutines.
type compression struct {
	to   *zstd.Encoder
	from *zstd.Decoder
	sum  uint32 // of the dictionary; 0: none
}

// Bounds of records and their dictionary.
const (
	maxRecordBytes     = 64 << 20
	dictionaryBytes    = 112 << 10
	dictionaryMinBytes = 1 << 10
	dictionaryMinCount = 256 // records of a batch to make it from
	dictionaryID       = 1
	recordWindow       = 256 << 10
)

// DictionaryKey is Bleve's internal key of the sum of the dictionary that a
// partition's records may need.
var DictionaryKey = []byte("aisle.dictionary")

// ErrDictionary: records cannot be read for lack of their dictionary.
var ErrDictionary = errors.New("the dictionary of stored records is missing or damaged")

// Open reads the dictionary, if there is one yet.
func Open(dir string) (*Codec, error) {
	c := &Codec{path: filepath.Join(dir, "records.dict")}
	b, err := os.ReadFile(c.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read dictionary of records: %w", err)
	}
	return c, c.use(b)
}

func (c *Codec) use(dictionary []byte) error {
	to := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithWindowSize(recordWindow)}
	from := []zstd.DOption{zstd.WithDecoderMaxMemory(maxRecordBytes), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(0)}
	next := &compression{}
	if len(dictionary) > 0 {
		to = append(to, zstd.WithEncoderDictRaw(dictionaryID, dictionary))
		from = append(from, zstd.WithDecoderDictRaw(dictionaryID, dictionary))
		next.sum = crc32.ChecksumIEEE(dictionary)
	}
	var err error
	if next.to, err = zstd.NewWriter(nil, to...); err != nil {
		return fmt.Errorf("prepare compression: %w", err)
	}
	if next.from, err = zstd.NewReader(nil, from...); err != nil {
		return fmt.Errorf("prepare compression: %w", err)
	}
	c.made.Store(next)
	return nil
}

// Learn makes the dictionary from the first batch of products that is large enough.
func (c *Codec) Learn(products int, content func(i int) Content) error {
	if products < dictionaryMinCount || c.made.Load().sum != 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made.Load().sum != 0 {
		return nil
	}
	var b []byte
	step := 1 + products/128
	for i := 0; i < products && len(b) < dictionaryBytes; i += step {
		sample := content(i)
		b = append(append(b, cutSample(sample.Display)...), cutSample(sample.Detail)...)
	}
	if len(b) < dictionaryMinBytes {
		return nil
	}
	if err := folder.Replace(c.path, b[:min(len(b), dictionaryBytes)]); err != nil {
		return fmt.Errorf("write dictionary of records: %w", err)
	}
	return c.use(b[:min(len(b), dictionaryBytes)])
}

// cutSample keeps one large record from being the whole dictionary.
func cutSample(b []byte) []byte { return b[:min(len(b), dictionaryBytes/32)] }

// Mark is the value of DictionaryKey; nil while there is no dictionary.
func (c *Codec) Mark() []byte {
	sum := c.made.Load().sum
	if sum == 0 {
		return nil
	}
	return binary.BigEndian.AppendUint32(nil, sum)
}

// Check compares the dictionary with the mark of a partition.
func (c *Codec) Check(mark []byte) error {
	if len(mark) == 0 {
		return nil
	}
	if len(mark) != 4 || binary.BigEndian.Uint32(mark) != c.made.Load().sum {
		return ErrDictionary
	}
	return nil
}

func (c *Codec) compress(dst, display, detail []byte) []byte {
	both := append(append(make([]byte, 0, len(display)+len(detail)), display...), detail...)
	return c.made.Load().to.EncodeAll(both, dst)
}

func (c *Codec) expand(b []byte) ([]byte, error) {
	out, err := c.made.Load().from.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return out, nil
}
