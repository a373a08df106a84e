//go:build !unix

package devdb

import (
	"errors"
	"syscall"
)

// account is the user that a server runs as.
type account struct{ uid, gid int }

func procAttr(*account) *syscall.SysProcAttr { return nil }

func killGroup(int) {}

func postgresAccount() (*account, error) {
	return nil, errors.New("development databases need a Unix system: set AISLE_MONGO_URI and AISLE_POSTGRES_URL instead")
}
