package orders

import (
	"errors"
	"fmt"
	"strings"
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

// FieldError says which field of a request is not valid and why. It is an
// ErrInvalid.
type FieldError struct {
	Field  string
	Reason string
}

func (e *FieldError) Error() string { return e.Field + " " + e.Reason }

// Is makes errors.Is(err, ErrInvalid) true.
func (e *FieldError) Is(target error) bool { return target == ErrInvalid }

// Shortage is a line that cannot be had: there is not enough stock, or its product is
// withheld.
type Shortage struct {
	Line      int // index in PlaceRequest.Lines
	Product   string
	Wanted    int64 // pieces of the product over the whole order
	Available int64 // pieces that could have been had; 0 for an unknown product
	Withheld  bool  // by PlaceRequest.Withheld; what is available was not looked at
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
		if s.Withheld {
			fmt.Fprintf(&b, " %q is withheld", s.Product)
			continue
		}
		fmt.Fprintf(&b, " %d of %q wanted and %d available", s.Wanted, s.Product, s.Available)
	}
	return b.String()
}

// SQLSTATE codes that are acted upon.
const (
	codeSerialization  = "40001"
	codeDeadlock       = "40P01"
	codeLockTimeout    = "55P03"
	codeCheckViolation = "23514"
)
