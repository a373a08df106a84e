package orders

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// What Prepare finds missing. Each is wrapped with one sentence that tells what
// to do about it.
var (
	ErrConfig        = errors.New("orders configuration is not valid")
	ErrVersion       = errors.New("the Postgres server is too old")
	ErrWALLevel      = errors.New("the server does not write its log for logical replication")
	ErrPrivilege     = errors.New("the database role lacks a privilege")
	ErrNoFreeSlot    = errors.New("no replication slot or sender is left in the server")
	ErrTableMissing  = errors.New("a mapped table does not exist")
	ErrColumnMissing = errors.New("a mapped column does not exist")
	ErrColumnType    = errors.New("a mapped column has a type that cannot be used")
	ErrIdentity      = errors.New("a mapped table does not name its rows in the log")
	ErrPublication   = errors.New("the publication does not cover the mapped tables")
)

// What ends a Stream. Those for which NeedsSnapshot is true are healed by
// reading everything again.
var (
	ErrSlotLost      = errors.New("the replication slot is gone or was invalidated")
	ErrSlotAhead     = errors.New("the replication slot has moved past the stored position")
	ErrTableReplaced = errors.New("a mapped table was replaced by another, or had another shape for a while")
	ErrToast         = errors.New("an unchanged large value was left out of the log")
	ErrSilent        = errors.New("the server has stopped answering")
	ErrProtocol      = errors.New("replication message not understood")
)

// What order placement, reading and cancelling answer.
var (
	ErrInvalid             = errors.New("not valid")
	ErrInProgress          = errors.New("a request with this idempotency key is under way")
	ErrIdempotencyConflict = errors.New("the idempotency key was used with another request")
	ErrOrderNotFound       = errors.New("no such order")
	ErrBelowReserved       = errors.New("stock on hand cannot be less than what is reserved")
	ErrBusy                = errors.New("the database is too busy with the same products")
)

// SlotBusyError says that another connection holds the slot.
type SlotBusyError struct {
	Slot string
	PID  int32 // of the server process that holds it; 0 if unknown
	Name string
}

// ErrSlotBusy is what a SlotBusyError is, for errors.Is.
var ErrSlotBusy = errors.New("the replication slot is in use")

func (e *SlotBusyError) Error() string {
	return fmt.Sprintf("%v: slot %s is held by server process %d (%s); give each node its own name, or wait until the server drops the other connection",
		ErrSlotBusy, e.Slot, e.PID, e.Name)
}

// Is makes errors.Is(err, ErrSlotBusy) true.
func (e *SlotBusyError) Is(target error) bool { return target == ErrSlotBusy }

// FieldError says which field of a request is not valid and why. It is an
// ErrInvalid.
type FieldError struct {
	Field  string
	Reason string
}

func (e *FieldError) Error() string { return e.Field + " " + e.Reason }

// Is makes errors.Is(err, ErrInvalid) true.
func (e *FieldError) Is(target error) bool { return target == ErrInvalid }

// Shortage is a line for which there is not enough stock.
type Shortage struct {
	Line      int // index in PlaceRequest.Lines
	Product   string
	Wanted    int64 // pieces of the product over the whole order
	Available int64 // pieces that could have been had; 0 for an unknown product
}

// OutOfStockError names every line that could not be had. Nothing was written.
type OutOfStockError struct{ Lines []Shortage }

func (e *OutOfStockError) Error() string {
	var b strings.Builder
	b.WriteString("not enough stock:")
	for i, s := range e.Lines {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %d of %q wanted and %d available", s.Wanted, s.Product, s.Available)
	}
	return b.String()
}

// NeedsSnapshot reports whether err, from Stream, can be healed only by reading
// everything again.
func NeedsSnapshot(err error) bool {
	for _, target := range []error{ErrSlotLost, ErrSlotAhead, ErrTableReplaced, ErrToast} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// NeedsOperator reports whether err stays until somebody changes the
// configuration, the server or the tables. It is no use to retry at once.
func NeedsOperator(err error) bool {
	for _, target := range []error{
		ErrConfig, ErrVersion, ErrWALLevel, ErrPrivilege, ErrNoFreeSlot, ErrTableMissing, ErrColumnMissing,
		ErrColumnType, ErrIdentity, ErrPublication,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// Unreachable reports whether err came of a server that does not answer, is just
// starting or closing down, so that the same call may succeed later.
func Unreachable(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return strings.HasPrefix(refused.Code, classIntervention) || strings.HasPrefix(refused.Code, classConnection)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// Classes of SQLSTATE codes that say that the server is or goes away.
const (
	classConnection   = "08"
	classIntervention = "57P"
)

// SQLSTATE codes that are acted upon.
const (
	codeSerialization   = "40001"
	codeDeadlock        = "40P01"
	codeLockTimeout     = "55P03"
	codeCheckViolation  = "23514"
	codeUndefinedObject = "42704"
	codeDuplicateObject = "42710"
	codePrivilege       = "42501"
	codeInUse           = "55006"
	codeNotInState      = "55000"
	codeConfigLimit     = "53400" // all replication slots are in use
	codeTooMany         = "53300" // no wal sender or connection left
	codeUndefinedFile   = "58P01" // a WAL segment was removed
)

// sqlState returns the SQLSTATE in err, or "".
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
