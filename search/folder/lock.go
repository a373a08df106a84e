package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// LockedError says who holds the data folder.
type LockedError struct{ Dir, Holder string }

// Error names the folder and its holder.
func (e *LockedError) Error() string {
	return fmt.Sprintf("data folder %s is in use by %s; stop it or choose another --data", e.Dir, e.Holder)
}

// Lock is held by the one process that uses a data folder.
type Lock struct{ flock *flock.Flock }

// Release lets the folder go.
func (l *Lock) Release() error { return l.flock.Unlock() }

// Acquire takes the folder for this process. It fails with a *LockedError where
// another one holds it.
func Acquire(dir string) (*Lock, error) {
	path := filepath.Join(dir, "LOCK")
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	if !ok {
		holder, _ := os.ReadFile(path) // best effort: the message says less without it
		return nil, &LockedError{Dir: dir, Holder: strings.TrimSpace(string(holder))}
	}
	if err := os.WriteFile(path, []byte("process "+strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return nil, errors.Join(fmt.Errorf("name the holder of the data folder: %w", err), lock.Unlock())
	}
	return &Lock{flock: lock}, nil
}

// Writable fails where files may not be made in a folder. Room is not asked for: what
// is there can be searched without.
func Writable(dir string) error {
	f, err := os.CreateTemp(dir, ".probe-*")
	if errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("data folder must be writable: %w", err)
	}
	if err != nil {
		return nil
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
