package keys

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxFile bounds the keys file in bytes.
	maxFile = 1 << 20
	// checkEvery is how often Find looks whether the file has changed.
	checkEvery = time.Second
)

// File is a keys file in force.
type File struct {
	path string
	now  func() time.Time
	log  *slog.Logger
	keys atomic.Pointer[[]Key]

	mu      sync.Mutex // guards the fields below
	checked time.Time
	seen    stamp
}

// stamp tells whether a file is still the one that was read.
type stamp struct {
	modified time.Time
	size     int64
}

// Open reads the file. Afterwards it is read again whenever it changes.
func Open(path string, now func() time.Time, log *slog.Logger) (*File, error) {
	f := &File{path: path, now: now, log: log, checked: now()}
	if err := f.read(); err != nil {
		return nil, err
	}
	return f, nil
}

// Find returns the caller whose key this is; false if there is none or it has
// expired.
func (f *File) Find(key string) (*Key, bool) {
	f.refresh()
	sum := sha256.Sum256([]byte(key))
	keys := *f.keys.Load()
	found := -1
	for i := range keys {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], keys[i].sum[:]), i, found)
	}
	if found < 0 {
		return nil, false
	}
	k := &keys[found]
	if !k.Expires.IsZero() && !f.now().Before(k.Expires) {
		return nil, false
	}
	return k, true
}

// refresh reads the file if it changed. One caller at a time looks; the others
// go on with what is in force.
func (f *File) refresh() {
	if !f.mu.TryLock() {
		return
	}
	defer f.mu.Unlock()
	now := f.now()
	if d := now.Sub(f.checked); d >= 0 && d < checkEvery {
		return
	}
	f.checked = now
	if err := f.read(); err != nil {
		f.log.Error("keys file is not used, the last good one stays in force", "error", err)
		return
	}
}

// read loads the file unless it is the one already seen. A wrong file counts as
// seen, so that its error is reported once.
func (f *File) read() error {
	file, err := os.Open(f.path)
	if err != nil {
		if f.seen == (stamp{}) && f.keys.Load() != nil {
			return nil // reported before
		}
		f.seen = stamp{}
		return fmt.Errorf("open keys file: %w", err)
	}
	defer file.Close() // read only: nothing to lose
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("stat keys file: %w", err)
	}
	now := stamp{info.ModTime(), info.Size()}
	if now == f.seen {
		return nil
	}
	f.seen = now
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return fmt.Errorf("read keys file: %w", err)
	}
	if len(data) > maxFile {
		return fmt.Errorf("read keys file: larger than %d bytes", maxFile)
	}
	keys, err := parse(data)
	if err != nil {
		return fmt.Errorf("read keys file %s: %w", f.path, err)
	}
	f.keys.Store(&keys)
	return nil
}
