//go:build unix

package devdb

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user that a server runs as; nil is the current one.
type account struct{ uid, gid int }

// procAttr puts the child into a group of its own, so that Ctrl-C at the
// terminal reaches the owner first, and runs it as the account.
func procAttr(a *account) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return attr
}

func killGroup(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// postgresAccount is the user for Postgres, which refuses to run as root.
func postgresAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("find the user postgres, as Postgres refuses to run as root (make deps installs it): %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, fmt.Errorf("read uid of postgres: %w", err)
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, fmt.Errorf("read gid of postgres: %w", err)
	}
	return &account{uid, gid}, nil
}
