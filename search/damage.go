package search

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// errDamaged marks what was readable and is not whole.
var errDamaged = errors.New("damaged")

// damagedPrefix begins the name of a generation's folder that was set aside. One is
// kept, the last.
const damagedPrefix = "damaged-"

// openGenerations opens the generation that serves. One that is damaged, or of
// another version, is set aside, never deleted; then the one before serves, if it is
// whole, and else none until the next is built.
func (s *Store) openGenerations() error {
	current, err := s.current()
	if err != nil {
		return err
	}
	for _, note := range []struct {
		file string
		to   *uint64
	}{{filePrevious, &s.previous}, {fileRefused, &s.refused}} {
		n, _, err := s.readNote(note.file)
		if err != nil && !errors.Is(err, errDamaged) {
			return err
		}
		if _, statErr := os.Stat(s.generationDir(n)); statErr == nil && n != current {
			*note.to = n
		}
	}
	for current != 0 {
		if s.serving, err = s.openServing(current); err == nil {
			break
		}
		if environment(err) {
			return fmt.Errorf("open generation %d: %w", current, err)
		}
		if err := s.putAside(current, err); err != nil {
			return err
		}
		current, s.previous = s.previous, 0
		if current != 0 {
			if err := s.noteLocked(fileCurrent, current, ""); err != nil {
				return err
			}
		}
	}
	return s.removeOthersLocked()
}

// current is the number of the generation that serves; 0 when none does. Where the
// file that says so is gone or garbled it is the last complete one.
func (s *Store) current() (uint64, error) {
	n, _, err := s.readNote(fileCurrent)
	if err == nil && n != 0 {
		return n, nil
	}
	if err != nil {
		if !errors.Is(err, errDamaged) {
			return 0, err
		}
		s.report(err)
	}
	if n, err = s.highestComplete(); err != nil || n == 0 {
		return 0, err
	}
	return n, s.noteLocked(fileCurrent, n, "")
}

// openServing opens a generation that has served. Damaged files may be mapped into
// memory, where reading beyond their end is a fault: that is an error here.
func (s *Store) openServing(n uint64) (x *Index, err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	dir := s.generationDir(n)
	if err := checkFiles(dir); err != nil {
		return nil, err
	}
	return openIndex(dir, &s.options, s.signals)
}

// environment tells whether an error says something about the machine and nothing
// about the files: then nothing is touched, and somebody has to look.
func environment(err error) bool {
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

// putAside moves a generation's folder out of the way and says why.
func (s *Store) putAside(n uint64, why error) error {
	older, err := s.setAside()
	if err != nil {
		return err
	}
	for _, name := range older {
		if err := os.RemoveAll(filepath.Join(s.dir, "generations", name)); err != nil {
			return fmt.Errorf("remove what was set aside before: %w", err)
		}
	}
	to := filepath.Join(s.dir, "generations", fmt.Sprintf("%s%d", damagedPrefix, n))
	if err := os.Rename(s.generationDir(n), to); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("set damaged generation aside: %w", err)
	}
	if err := os.Remove(filepath.Join(s.dir, fileCurrent)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("set damaged generation aside: %w", err)
	}
	s.aside = fmt.Sprintf("generation %d could not be opened and was moved to %s: %v", n, to, why)
	s.report(errors.New(s.aside))
	return nil
}

// SetAside says why a generation was set aside when the store was opened; empty when
// none was, or another has come to serve since.
func (s *Store) SetAside() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.aside
}

func (s *Store) report(err error) {
	if s.options.OnError != nil {
		s.options.OnError(err)
	}
}

// setAside are the names of the folders that were.
func (s *Store) setAside() (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "generations"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), damagedPrefix) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// highestComplete finds the last generation that was finished: the position is stored
// last. One that was refused is none.
func (s *Store) highestComplete() (uint64, error) {
	numbers, err := s.onDisk()
	if err != nil {
		return 0, err
	}
	refused, _, err := s.readNote(fileRefused)
	if err != nil && !errors.Is(err, errDamaged) {
		return 0, err
	}
	slices.Sort(numbers)
	for _, n := range slices.Backward(numbers) {
		if n == refused {
			continue
		}
		x, err := s.openServing(n)
		if environment(err) {
			return 0, err
		}
		if err != nil {
			continue
		}
		complete := x.Position() != nil
		if err := x.Close(); err != nil {
			return 0, err
		}
		if complete {
			return n, nil
		}
	}
	return 0, nil
}

func readManifest(dir string) (m manifest, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("read manifest of %s: %w", dir, err)
	}
	return m, nil
}

// checkFiles reads every file that a generation's partitions are made of. Bleve
// skips what it cannot read and goes on with less.
func checkFiles(dir string) error {
	m, err := readManifest(dir)
	if err != nil {
		return err
	}
	for i := range m.Partitions {
		part := filepath.Join(dir, fmt.Sprintf("p%d", i))
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
		return nil, fmt.Errorf("%w: %s is empty", errDamaged, path)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: boltWait})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: %s has %d bytes of %d", errDamaged, path, info.Size(), tx.Size())
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
		return fmt.Errorf("%w: %s has %d bytes", errDamaged, path, info.Size())
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
		return fmt.Errorf("%w: the checksum of %s is wrong", errDamaged, path)
	}
	return nil
}
