package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aisle-search/aisle/search/analysis"
	"github.com/aisle-search/aisle/search/folder"
	"github.com/aisle-search/aisle/search/schema"
)

// States of a generation.
const (
	GenerationServing  = "serving"
	GenerationPrevious = "previous" // served before; Rollback lets it serve again
	GenerationBuilding = "building"
	GenerationRefused  = "refused" // complete, and did not pass a gate
	GenerationRetired  = "retired" // kept open for cursors that began on it
)

// GenerationInfo describes a generation on disk.
type GenerationInfo struct {
	Number    uint64
	State     string
	Documents int // when it was last open
	Bytes     int64
	Created   time.Time
	Reason    string // why it was refused
}

// Files of the data folder that name a generation, and of a generation's folder
// that say what is known of it while it is closed.
const (
	fileCurrent  = "CURRENT"
	filePrevious = "PREVIOUS" // number, then since when
	fileRefused  = "REFUSED"  // number, then the reason
	fileCount    = "documents"
)

// Begin creates a new, empty generation beside the serving one. One may be under
// way at a time; what an earlier, unfinished one left is removed, and a refused one.
func (s *Store) Begin(fields Schema) (*Index, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.building != nil {
		return nil, errors.New("begin generation: another one is being built")
	}
	if _, err := schema.Compile(fields); err != nil {
		return nil, err
	}
	a, err := analysis.New(s.options.Analysis)
	if err != nil {
		return nil, err
	}
	n, err := s.nextNumberLocked()
	if err != nil {
		return nil, err
	}
	if err := s.dropRefusedLocked(); err != nil {
		return nil, err
	}
	if err := s.removeOthersLocked(); err != nil {
		return nil, err
	}
	m := manifest{Format: formatVersion, Generation: n, Created: s.options.Now().UTC(), Partitions: s.options.Partitions,
		Analysis: a.Version(), Schema: fields}
	x, err := createIndex(s.generationDir(n), m, &s.options, s.signals)
	if err != nil {
		return nil, fmt.Errorf("begin generation %d: %w", n, err)
	}
	s.building, s.reopened = x, false
	return x, nil
}

// BeginRollback opens the generation that served before, to catch up and to be
// swapped in again. It fails with ErrNoPrevious when none is kept.
func (s *Store) BeginRollback() (*Index, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.building != nil {
		return nil, errors.New("begin rollback: another generation is being built")
	}
	for i, x := range s.retired { // still open for cursors
		if x.Generation() == s.previous {
			s.retired = slices.Delete(s.retired, i, i+1)
			x.refreshSignals()
			s.building, s.reopened = x, true
			return x, nil
		}
	}
	if s.previous == 0 {
		return nil, ErrNoPrevious
	}
	x, err := s.openServing(s.previous)
	if err != nil {
		return nil, fmt.Errorf("open generation %d: %w", s.previous, err)
	}
	s.building, s.reopened = x, true
	return x, nil
}

// Swap makes a generation that Begin or BeginRollback returned the serving one.
// Searches go on without a gap. The old one is open until its cursors have gone,
// and then kept on disk as the previous one.
func (s *Store) Swap(next *Index) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.building != next {
		return errors.New("swap generation: it is not the one being built")
	}
	if err := next.Flush(context.Background()); err != nil {
		return fmt.Errorf("swap generation: %w", err)
	}
	// A crash between the two leaves PREVIOUS and CURRENT alike: nothing is lost.
	if s.serving != nil && s.options.KeepPrevious >= 0 {
		if err := s.noteLocked(filePrevious, s.serving.Generation(), s.options.Now().UTC().Format(time.RFC3339)); err != nil {
			return fmt.Errorf("swap generation: %w", err)
		}
		if err := s.serving.noteCount(); err != nil {
			return fmt.Errorf("swap generation: %w", err)
		}
	}
	if err := s.noteLocked(fileCurrent, next.Generation(), ""); err != nil {
		return fmt.Errorf("swap generation: %w", err)
	}
	if s.serving != nil {
		s.retired = append(s.retired, s.serving)
		if s.options.KeepPrevious >= 0 {
			s.previous = s.serving.Generation()
		}
	}
	s.serving, s.building, s.aside = next, nil, ""
	return nil
}

// Discard gives up a generation that Begin or BeginRollback returned. The files of
// one that served before stay.
func (s *Store) Discard(next *Index) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.building != next {
		return errors.New("discard generation: it is not the one being built")
	}
	s.building = nil
	if s.reopened { // it is closed when no cursor needs it
		s.retired = append(s.retired, next)
		return nil
	}
	return errors.Join(next.Close(), os.RemoveAll(next.dir))
}

// Refuse closes a generation that Begin returned and keeps it on disk, with the
// reason, until the next is begun.
func (s *Store) Refuse(next *Index, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.building != next || s.reopened {
		return errors.New("refuse generation: it is not the one being built")
	}
	s.building, s.refused = nil, next.Generation()
	return errors.Join(s.closeKept(next), s.noteLocked(fileRefused, next.Generation(), reason))
}

// Generations lists what is on disk, the serving one first, then by number.
func (s *Store) Generations() ([]GenerationInfo, error) {
	s.mu.RLock()
	open := map[uint64]*Index{}
	states := map[uint64]string{s.previous: GenerationPrevious, s.refused: GenerationRefused}
	for _, x := range s.retired {
		open[x.Generation()] = x
		if x.Generation() != s.previous {
			states[x.Generation()] = GenerationRetired
		}
	}
	for state, x := range map[string]*Index{GenerationServing: s.serving, GenerationBuilding: s.building} {
		if x != nil {
			open[x.Generation()], states[x.Generation()] = x, state
		}
	}
	s.mu.RUnlock()
	delete(states, 0)
	out := make([]GenerationInfo, 0, len(states))
	for n, state := range states {
		g := GenerationInfo{Number: n, State: state, Bytes: folderBytes(s.generationDir(n))}
		if x := open[n]; x != nil {
			g.Documents, g.Created = x.Documents(), x.manifest.Created
		} else {
			m, err := readManifest(s.generationDir(n))
			if err != nil {
				return nil, fmt.Errorf("describe generation %d: %w", n, err)
			}
			g.Created = m.Created
			if b, err := os.ReadFile(filepath.Join(s.generationDir(n), fileCount)); err == nil {
				g.Documents, _ = strconv.Atoi(strings.TrimSpace(string(b))) // 0 where it was never noted
			}
		}
		if state == GenerationRefused {
			_, g.Reason, _ = s.readNote(fileRefused) // the state is known all the same
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b GenerationInfo) int {
		return cmp.Or(place(a.State)-place(b.State), cmp.Compare(a.Number, b.Number))
	})
	return out, nil
}

// place is that of a state in the list of generations.
func place(state string) int {
	if state == GenerationServing {
		return 0
	}
	return 1
}

// forgetPreviousLocked lets the previous generation go when its time is over.
func (s *Store) forgetPreviousLocked() error {
	if s.previous == 0 || s.options.KeepPrevious == 0 || s.reopened && s.building != nil {
		return nil
	}
	_, text, err := s.readNote(filePrevious)
	if err != nil {
		return err
	}
	if since, err := time.Parse(time.RFC3339, text); err == nil && s.options.Now().Sub(since) < s.options.KeepPrevious {
		return nil
	}
	s.previous = 0
	if err := os.Remove(filepath.Join(s.dir, filePrevious)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forget previous generation: %w", err)
	}
	return nil
}

// closeRetiredLocked closes what no cursor needs any more. The previous generation
// stays on disk.
func (s *Store) closeRetiredLocked() (errs []error) {
	s.retired = slices.DeleteFunc(s.retired, func(x *Index) bool {
		if s.pins.Holds(x.Generation()) {
			return false
		}
		if x.Generation() == s.previous {
			errs = append(errs, s.closeKept(x))
		} else {
			errs = append(errs, x.Close(), os.RemoveAll(x.dir))
		}
		return true
	})
	return append(errs, s.removeOthersLocked())
}

// closeKept closes a generation whose files stay.
func (s *Store) closeKept(x *Index) error {
	return errors.Join(x.noteCount(), x.Close())
}

// noteCount writes down how many documents there are, for when it is closed.
func (x *Index) noteCount() error {
	return folder.Replace(filepath.Join(x.dir, fileCount), []byte(strconv.Itoa(x.Documents())+"\n"))
}

// dropRefusedLocked forgets the generation that was last refused.
func (s *Store) dropRefusedLocked() error {
	s.refused = 0
	if err := os.Remove(filepath.Join(s.dir, fileRefused)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forget refused generation: %w", err)
	}
	return nil
}

// removeOthersLocked removes the folders of generations that are of no use any
// more.
func (s *Store) removeOthersLocked() error {
	numbers, err := s.onDisk()
	if err != nil {
		return err
	}
	used := map[uint64]bool{s.previous: true, s.refused: true}
	for _, x := range append([]*Index{s.serving, s.building}, s.retired...) {
		if x != nil {
			used[x.Generation()] = true
		}
	}
	for _, n := range numbers {
		if used[n] {
			continue
		}
		if err := os.RemoveAll(s.generationDir(n)); err != nil {
			return fmt.Errorf("remove unfinished generation: %w", err)
		}
	}
	return nil
}

// nextNumberLocked is above the number of every generation that there is.
func (s *Store) nextNumberLocked() (uint64, error) {
	numbers, err := s.onDisk()
	if err != nil {
		return 0, err
	}
	aside, err := s.setAside()
	if err != nil {
		return 0, err
	}
	for _, name := range aside {
		if n, err := strconv.ParseUint(strings.TrimPrefix(name, damagedPrefix), 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return 1, nil
	}
	return slices.Max(numbers) + 1, nil
}

func (s *Store) generationDir(n uint64) string {
	return filepath.Join(s.dir, "generations", strconv.FormatUint(n, 10))
}

// onDisk are the numbers of all generations that have a folder.
func (s *Store) onDisk() (numbers []uint64, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "generations"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if n, err := strconv.ParseUint(e.Name(), 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// noteLocked replaces a file that names a generation.
func (s *Store) noteLocked(file string, n uint64, reason string) error {
	return folder.Replace(filepath.Join(s.dir, file), fmt.Appendf(nil, "%d\n%s", n, reason))
}

// readNote reads such a file; 0 when there is none.
func (s *Store) readNote(file string) (n uint64, reason string, err error) {
	b, err := os.ReadFile(filepath.Join(s.dir, file))
	if errors.Is(err, os.ErrNotExist) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("read %s: %w", file, err)
	}
	number, reason, _ := strings.Cut(string(b), "\n")
	if n, err = strconv.ParseUint(strings.TrimSpace(number), 10, 64); err != nil {
		return 0, "", fmt.Errorf("read %s: %w: %w", file, folder.ErrDamaged, err)
	}
	return n, reason, nil
}

func folderBytes(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			return nil // files come and go while it is being written
		}
		if info, err := e.Info(); err == nil && !e.IsDir() {
			n += info.Size()
		}
		return nil
	})
	return n
}
