package catalog

import (
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// Errors of opening a store. Each is wrapped with a sentence that tells what to
// do.
var (
	// ErrUnreachable: no server answers.
	ErrUnreachable = errors.New("catalog: MongoDB cannot be reached")
	// ErrNotReplicaSet: the server has no change streams.
	ErrNotReplicaSet = errors.New("catalog: MongoDB is not a replica set")
	// ErrServerTooOld: the server lacks what Aisle relies on.
	ErrServerTooOld = errors.New("catalog: MongoDB is too old")
	// ErrPrivileges: the user may not do what is asked.
	ErrPrivileges = errors.New("catalog: MongoDB refused for lack of privileges")
)

// Errors of reads and writes.
var (
	// ErrNotFound: no such product.
	ErrNotFound = errors.New("catalog: product not found")
	// ErrVersionMismatch: the stored product is not the one the condition names.
	ErrVersionMismatch = errors.New("catalog: product has another version")
	// ErrConflict: other writers changed the product at every attempt. The write
	// was not made; trying again later may succeed.
	ErrConflict = errors.New("catalog: too many writers of the same product")
)

// ErrSilent: the server has not answered; following may be tried again.
var ErrSilent = errors.New("catalog: MongoDB has not answered")

// Unavailable reports whether err says that MongoDB cannot be reached, or that time ran
// out.
func Unavailable(err error) bool { return mongo.IsNetworkError(err) || mongo.IsTimeout(err) }

// Errors of following the catalogue. After either of them no stored position
// helps: a new snapshot is needed.
var (
	// ErrPositionLost: the server no longer has the history after the position.
	ErrPositionLost = errors.New("catalog: position is lost")
	// ErrInvalidated: the collection was dropped, renamed or replaced.
	ErrInvalidated = errors.New("catalog: collection was dropped or replaced")
)

// FieldError is one thing that is wrong with a document.
type FieldError struct {
	Field  string // the schema's name, or the path where no field is declared
	Path   string // where in the document
	Reason string
}

func (e FieldError) Error() string {
	switch {
	case e.Field == "":
		return e.Reason
	case e.Path == "" || e.Path == e.Field:
		return e.Field + ": " + e.Reason
	}
	return fmt.Sprintf("%s (%s): %s", e.Field, e.Path, e.Reason)
}

// InvalidError says why a document is no product. It lists everything that was
// found, up to a bound.
type InvalidError struct {
	ID     ProductID // empty where not even that is known
	Fields []FieldError
	// Hidden says that the schema does not publish the document, valid or not.
	Hidden bool
}

func (e *InvalidError) Error() string {
	if e.ID == "" {
		return "catalog: document is not valid: " + e.reasons()
	}
	return fmt.Sprintf("catalog: product %s is not valid: %s", quoted(string(e.ID)), e.reasons())
}

func (e *InvalidError) reasons() string {
	all := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		all[i] = f.Error()
	}
	return strings.Join(all, "; ")
}

// invalid makes an InvalidError of one finding.
func invalid(field, path, reason string) *InvalidError {
	return &InvalidError{Fields: []FieldError{{Field: field, Path: path, Reason: reason}}}
}

// quoted shows outside text in a message, cut to a readable length.
func quoted(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
