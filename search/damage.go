package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/aisle-search/aisle/search/folder"
	"github.com/aisle-search/aisle/search/storage"
)

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
		if err != nil && !errors.Is(err, folder.ErrDamaged) {
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
		if storage.Environment(err) {
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
		if !errors.Is(err, folder.ErrDamaged) {
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
			err = fmt.Errorf("%w: %v", folder.ErrDamaged, p)
		}
	}()
	dir := s.generationDir(n)
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	if err := storage.Check(dir, m.Partitions); err != nil {
		return nil, err
	}
	return openIndex(dir, &s.options, s.signals)
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
	if err != nil && !errors.Is(err, folder.ErrDamaged) {
		return 0, err
	}
	slices.Sort(numbers)
	for _, n := range slices.Backward(numbers) {
		if n == refused {
			continue
		}
		x, err := s.openServing(n)
		if storage.Environment(err) {
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

// readManifest reads what describes a generation.
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
