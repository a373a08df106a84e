package record

import (
	"bytes"
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
// well; so records that came early serve as a dictionary for all later ones, with
// the codes that suit them (on Icecat some 350 bytes a record, instead of 375 without
// codes, 660 without a dictionary and 850 as Bleve does it).
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
	dictionaryBytes    = 224 << 10
	dictionaryMinBytes = 1 << 10
	dictionaryMinCount = 256 // records of a batch to make it from
	dictionarySamples  = 256 // records to make codes from, about
	dictionaryID       = 1
	recordWindow       = 256 << 10
)

// withCodes begins a dictionary with codes, in the format of RFC 8878, section 5.
// Any other is plain text: generations of before have such, and records of which no
// codes can be made.
var withCodes = []byte{0x37, 0xA4, 0x30, 0xEC}

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
	if err := c.use(b); err == nil || len(b) == 0 {
		return c, err
	}
	// It is damaged. Its sum shows that to whoever needs it; it is not replaced.
	if err := c.use(nil); err != nil {
		return nil, err
	}
	c.made.Load().sum = crc32.ChecksumIEEE(b)
	return c, nil
}

func (c *Codec) use(dictionary []byte) error {
	next, err := newCompression(dictionary)
	if err != nil {
		return fmt.Errorf("prepare compression: %w", err)
	}
	c.made.Store(next)
	return nil
}

func newCompression(dictionary []byte) (*compression, error) {
	to := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false), zstd.WithWindowSize(recordWindow)}
	from := []zstd.DOption{zstd.WithDecoderMaxMemory(maxRecordBytes), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(0)}
	c := &compression{}
	switch {
	case bytes.HasPrefix(dictionary, withCodes):
		to = append(to, zstd.WithEncoderDict(dictionary))
		from = append(from, zstd.WithDecoderDicts(dictionary))
	case len(dictionary) > 0:
		to = append(to, zstd.WithEncoderDictRaw(dictionaryID, dictionary))
		from = append(from, zstd.WithDecoderDictRaw(dictionaryID, dictionary))
	}
	if len(dictionary) > 0 {
		c.sum = crc32.ChecksumIEEE(dictionary)
	}
	var err error
	if c.to, err = zstd.NewWriter(nil, to...); err != nil {
		return nil, err
	}
	c.from, err = zstd.NewReader(nil, from...)
	return c, err
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
	text, others := takeSamples(products, content)
	if len(text) < dictionaryMinBytes {
		return nil
	}
	dictionary := addCodes(text, others)
	if err := folder.Replace(c.path, dictionary); err != nil {
		return fmt.Errorf("write dictionary of records: %w", err)
	}
	return c.use(dictionary)
}

// takeSamples takes records from all over a batch: text to refer to, and others that
// show what it leaves to be coded.
func takeSamples(products int, content func(i int) Content) (text []byte, others [][]byte) {
	step := 1 + products/dictionarySamples
	for i := 0; i < products; i += step {
		if len(text) < dictionaryBytes {
			text = append(text, sample(content(i))...)
		}
		if i+1 < products {
			others = append(others, sample(content(i+1)))
		}
	}
	return text[:min(len(text), dictionaryBytes)], others
}

// addCodes gives a dictionary of a text and the codes that suit the samples; the text
// alone when there are no such codes or they do not bring the samples back.
func addCodes(text []byte, samples [][]byte) []byte {
	dictionary, err := zstd.BuildDict(zstd.BuildDictOptions{
		ID: dictionaryID, History: text, Contents: samples, Level: zstd.SpeedFastest, Offsets: [3]int{1, 4, 8},
	})
	if err != nil {
		return text
	}
	c, err := newCompression(dictionary)
	if err != nil {
		return text
	}
	for _, s := range samples {
		if got, err := c.from.DecodeAll(c.to.EncodeAll(s, nil), nil); err != nil || !bytes.Equal(got, s) {
			return text
		}
	}
	return dictionary
}

// sample is a record, cut so that a large one is not the whole dictionary.
func sample(c Content) []byte {
	const most = dictionaryBytes / 32
	b := append([]byte(nil), c.Display[:min(len(c.Display), most)]...)
	return append(b, c.Detail[:min(len(c.Detail), most)]...)
}

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
