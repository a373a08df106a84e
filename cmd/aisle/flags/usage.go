package flags

import (
	"errors"

	"github.com/spf13/pflag"
)

// BadUsage is an error that the caller's arguments caused.
type BadUsage struct{ Err error }

// Error implements error.
func (b BadUsage) Error() string { return b.Err.Error() }

// Unwrap gives the reason.
func (b BadUsage) Unwrap() error { return b.Err }

// Bad makes an error bad usage.
func Bad(err error) error { return BadUsage{err} }

// Missing is the error of a flag that must be given.
func Missing(flag string) error {
	return Bad(errors.New("give --" + flag + " or " + Variable(flag)))
}

// Mongo defines the flag of commands that open MongoDB.
func Mongo(f *pflag.FlagSet, uri *string) {
	f.StringVar(uri, "mongo-uri", "", "MongoDB, as mongodb://host/database; a replica set")
}

// Postgres defines the flag of commands that open Postgres.
func Postgres(f *pflag.FlagSet, url *string) {
	f.StringVar(url, "postgres-url", "", "Postgres, as postgres://user@host/database")
}
