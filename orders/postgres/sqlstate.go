package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrPrivilege is wrapped with the statement that gives the privilege.
var ErrPrivilege = errors.New("the database role lacks a privilege")

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

// SQLState returns the SQLSTATE in err, or "".
func SQLState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
