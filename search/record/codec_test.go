package record

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

func sampleRecords(n int) []Content {
	docs := make([]Content, n)
	for i := range docs {
		docs[i] = Content{Group: "g", Digest: uint64(i),
			Display: fmt.Appendf(nil, `{"title":"A kettle of steel, number %d","brand":"Maker %d"}`, i, i%7),
			Detail:  fmt.Appendf(nil, `{"description":"It boils %d litres of water in no time at all","colour":"red"}`, i%5)}
	}
	return docs
}

func openCodec(t *testing.T, dir string) *Codec {
	t.Helper()
	c, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func learn(c *Codec, docs []Content) error {
	return c.Learn(len(docs), func(i int) Content { return docs[i] })
}

func wantRecord(t *testing.T, c *Codec, stored []byte, d *Content) {
	t.Helper()
	r, err := Parse(stored)
	if err != nil {
		t.Fatal(err)
	}
	display, detail, err := r.Open(c)
	if err != nil || !bytes.Equal(display, d.Display) || !bytes.Equal(detail, d.Detail) || r.Digest != d.Digest || r.group != d.Group {
		t.Errorf("got %q, %q, %+v, %v, want %+v", display, detail, r, err, d)
	}
}

// A dictionary makes records smaller; those from before it stay readable, and all
// are after it was opened again.
func TestRecordDictionary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := openCodec(t, dir)
	docs := sampleRecords(300)
	early := Append(nil, &docs[0], time.Now(), c)
	if err := learn(c, docs[:10]); err != nil || c.Mark() != nil {
		t.Fatalf("learn from few: %v, mark %x; want neither", err, c.Mark())
	}
	if err := learn(c, docs); err != nil || c.Mark() == nil {
		t.Fatalf("learn: %v, mark %x", err, c.Mark())
	}
	late := Append(nil, &docs[299], time.Now(), c)
	if len(late)*4 > len(early)*3 {
		t.Errorf("%d bytes with a dictionary, %d without", len(late), len(early))
	}
	mark := c.Mark()
	for _, c := range []*Codec{c, openCodec(t, dir)} {
		wantRecord(t, c, early, &docs[0])
		wantRecord(t, c, late, &docs[299])
		if err := c.Check(mark); err != nil {
			t.Errorf("check: %v", err)
		}
	}
	if err := learn(c, sampleRecords(400)[100:]); err != nil || !bytes.Equal(c.Mark(), mark) {
		t.Errorf("a dictionary was replaced: %v", err)
	}
}

// Whatever a shop's records look like, they come back: with codes, and with the text
// alone where no codes can be made of them, as generations of before have it.
func TestRecordDictionaryOfAnything(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 600)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // it cannot fail
	for _, tt := range []struct {
		name  string
		make  func(i int) []byte
		codes bool
	}{
		{"products", func(i int) []byte { return sampleRecords(i + 1)[i].Display }, true},
		{"noise", func(i int) []byte { return noise[i : i+200] }, true},
		{"all the same", func(int) []byte { return []byte(`{"title":"A kettle"}`) }, false},
		{"one letter", func(i int) []byte { return bytes.Repeat([]byte("a"), i+8) }, true},
		{"very short", func(i int) []byte { return fmt.Appendf(nil, "%d", i) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := openCodec(t, t.TempDir())
			docs := make([]Content, 400)
			for i := range docs {
				docs[i] = Content{Display: tt.make(i), Detail: []byte("{}")}
			}
			if err := learn(c, docs[:300]); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(c.path)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if got := bytes.HasPrefix(b, withCodes); got != tt.codes {
				t.Errorf("a dictionary of %d bytes, with codes: %t, want %t", len(b), got, tt.codes)
			}
			docs = append(docs, Content{Display: noise, Detail: bytes.Repeat(noise, 200)}, Content{})
			for _, d := range docs {
				wantRecord(t, c, Append(nil, &d, time.Now(), c), &d)
			}
		})
	}
}

// Without its dictionary, or with another one, a generation is not opened.
func TestRecordDictionaryLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := openCodec(t, dir)
	docs := sampleRecords(300)
	if err := learn(c, docs); err != nil {
		t.Fatal(err)
	}
	for _, damage := range []func() error{
		func() error { return os.Truncate(c.path, 100) },
		func() error { return os.Remove(c.path) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if err := openCodec(t, dir).Check(c.Mark()); !errors.Is(err, ErrDictionary) {
			t.Errorf("got %v, want %v", err, ErrDictionary)
		}
	}
	for _, b := range [][]byte{nil, {1}, bytes.Repeat([]byte{2}, 20), append(bytes.Repeat([]byte{2}, 19), "not zstd"...)} {
		if r, err := Parse(b); err == nil {
			if _, _, err = r.Open(c); err == nil {
				t.Errorf("%x was read", b)
			}
		}
	}
}
