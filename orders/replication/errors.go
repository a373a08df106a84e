package replication

import (
	"errors"
	"fmt"

	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/aisle-search/aisle/orders/postgres"
)

// What Prepare finds missing, besides what mapping.Find does and
// postgres.ErrPrivilege. Each is wrapped with one sentence that tells what to do
// about it.
var (
	ErrConfig      = errors.New("orders configuration is not valid")
	ErrVersion     = errors.New("the Postgres server is too old")
	ErrWALLevel    = errors.New("the server does not write its log for logical replication")
	ErrNoFreeSlot  = errors.New("no replication slot or sender is left in the server")
	ErrPublication = errors.New("the publication does not cover the mapped tables")
)

// What ends a Stream, besides mapping.ErrTableReplaced and mapping.ErrToast. Those
// for which NeedsSnapshot is true are healed by reading everything again.
var (
	ErrSlotLost  = errors.New("the replication slot is gone or was invalidated")
	ErrSlotAhead = errors.New("the replication slot has moved past the stored position")
	ErrSilent    = errors.New("the server has stopped answering")
	ErrProtocol  = errors.New("replication message not understood")
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

// NeedsSnapshot reports whether err, from Stream, can be healed only by reading
// everything again.
func NeedsSnapshot(err error) bool {
	for _, target := range []error{ErrSlotLost, ErrSlotAhead, mapping.ErrTableReplaced, mapping.ErrToast} {
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
		ErrConfig, ErrVersion, ErrWALLevel, postgres.ErrPrivilege, ErrNoFreeSlot, mapping.ErrTableMissing,
		mapping.ErrColumnMissing, mapping.ErrColumnType, mapping.ErrIdentity, ErrPublication,
	} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// SQLSTATE codes that are acted upon.
const (
	codeUndefinedObject = "42704"
	codePrivilege       = "42501"
	codeInUse           = "55006"
	codeNotInState      = "55000"
	codeConfigLimit     = "53400" // all replication slots are in use
	codeTooMany         = "53300" // no wal sender or connection left
	codeUndefinedFile   = "58P01" // a WAL segment was removed
)
