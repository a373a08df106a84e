// Package boltfile opens the embedded stores that can be rebuilt from the
// sources. A damaged file is moved aside and a new one begun; a file that
// cannot be read for another reason is left as it is.
package boltfile

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockWait is how long Open waits for another process that holds the file.
const lockWait = 2 * time.Second

// errDamaged marks a file that was readable but is not a whole store.
var errDamaged = errors.New("file is damaged")

// Open opens the store at path, or begins one. aside is the new name of a
// damaged file that was moved out of the way, else empty.
func Open(path string) (db *bbolt.DB, aside string, err error) {
	db, err = open(path)
	if errors.Is(err, errDamaged) {
		aside = path + ".damaged" // the last one is kept
		if err := os.Rename(path, aside); err != nil {
			return nil, "", fmt.Errorf("move damaged %s aside: %w", path, err)
		}
		db, err = open(path)
	}
	if errors.Is(err, bolterrors.ErrTimeout) {
		err = errors.New("another process holds it")
	}
	if err != nil {
		return nil, "", fmt.Errorf("open %s: %w", path, err)
	}
	return db, aside, nil
}

// open also finds files that were cut short: bbolt maps the file, so reading
// beyond its end is a memory fault, which is turned into a panic here.
func open(path string) (db *bbolt.DB, err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errDamaged, p)
		}
	}()
	db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:      lockWait,
		FreelistType: bbolt.FreelistMapType,
	})
	if isDamage(err) {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if err != nil {
		return nil, err
	}
	if err := wholeFile(db, path); err != nil {
		_ = db.Close() // the reason is already known
		return nil, err
	}
	return db, nil
}

// isDamage says whether bbolt refused the file for what is in it. A file too
// short for its first pages has only a text as error.
func isDamage(err error) bool {
	if err == nil {
		return false
	}
	for _, known := range []error{bolterrors.ErrInvalid, bolterrors.ErrChecksum, bolterrors.ErrVersionMismatch} {
		if errors.Is(err, known) {
			return true
		}
	}
	return err.Error() == "file size too small"
}

func wholeFile(db *bbolt.DB, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return db.View(func(tx *bbolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: %d bytes of %d", errDamaged, info.Size(), tx.Size())
		}
		return nil
	})
}
