package boltfile

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// fill makes a store of a few hundred pages and returns its path.
func fill(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	db, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		if err != nil {
			return err
		}
		for i := range 5000 {
			if err := b.Put(binary.BigEndian.AppendUint32(nil, uint32(i)), bytes.Repeat([]byte{1}, 200)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// A damaged file is moved aside and an empty store takes its place.
func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		damage func(path string) error
	}{
		{"cut to half", func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return os.Truncate(path, info.Size()/2)
		}},
		{"cut to two pages", func(path string) error { return os.Truncate(path, 8192) }},
		{"cut to a few bytes", func(path string) error { return os.Truncate(path, 10) }},
		{"no store", func(path string) error {
			return os.WriteFile(path, bytes.Repeat([]byte("not a store "), 4096), 0o600)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := fill(t)
			if err := test.damage(path); err != nil {
				t.Fatal(err)
			}
			db, aside, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := os.Stat(aside); err != nil {
				t.Errorf("damaged file: %v", err)
			}
			err = db.View(func(tx *bbolt.Tx) error {
				if tx.Bucket([]byte("b")) != nil {
					t.Error("the new store is not empty")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// A store that cannot be opened for another reason is left alone: a folder in
// its place, a second holder.
func TestOpenRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "folder.db")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(dir); err == nil {
		t.Error("opened a folder")
	}
	path := fill(t)
	db, _, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, _, err := Open(path); err == nil {
		t.Error("opened a store that is held")
	}
	left, err := filepath.Glob(path + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("files: got %v, %v, want the one store", left, err)
	}
}
