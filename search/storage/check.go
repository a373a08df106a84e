package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/aisle-search/aisle/search/folder"
)

// Dir is the folder of a generation's i-th partition.
func Dir(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("p%d", i)) }

// Check reads every file that a generation's partitions are made of. Bleve
// skips what it cannot read and goes on with less.
func Check(dir string, partitions int) error {
	for i := range partitions {
		part := Dir(dir, i)
		segments, err := segmentsOf(filepath.Join(part, "root.bolt"))
		if err != nil {
			return fmt.Errorf("read root.bolt of partition %d: %w", i, err)
		}
		for _, name := range segments {
			if err := checkSegment(filepath.Join(part, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// boltWait is how long another process may hold a file.
const boltWait = 5 * time.Second

// segmentsOf are the files that a partition's root names.
func segmentsOf(path string) (names []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 { // bbolt would take it for a new one
		return nil, fmt.Errorf("%w: %s is empty", folder.ErrDamaged, path)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: boltWait})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: %s has %d bytes of %d", folder.ErrDamaged, path, info.Size(), tx.Size())
		}
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error { return collectSegments(b, &names) })
	})
	slices.Sort(names)
	return slices.Compact(names), err
}

func collectSegments(b *bbolt.Bucket, names *[]string) error {
	return b.ForEach(func(k, v []byte) error {
		if v == nil {
			if inner := b.Bucket(k); inner != nil {
				return collectSegments(inner, names)
			}
			return nil
		}
		if strings.HasSuffix(string(v), ".zap") {
			*names = append(*names, string(v))
		}
		return nil
	})
}

// checkSegment compares a segment's checksum, its last four bytes, with what is
// before.
func checkSegment(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < 8 {
		return fmt.Errorf("%w: %s has %d bytes", folder.ErrDamaged, path, info.Size())
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-4); err != nil {
		return err
	}
	var want [4]byte
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
		return fmt.Errorf("%w: the checksum of %s is wrong", folder.ErrDamaged, path)
	}
	return nil
}

// Environment tells whether an error says something about the machine and nothing
// about the files: then nothing is touched, and somebody has to look.
func Environment(err error) bool {
	for _, known := range []error{
		os.ErrPermission, syscall.EROFS, syscall.ENOSPC, syscall.EDQUOT, syscall.EMFILE, syscall.ENFILE, syscall.EIO,
		syscall.ENOMEM, bolterrors.ErrTimeout,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
