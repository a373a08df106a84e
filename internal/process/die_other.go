//go:build !linux

package process

import "syscall"

// DieTogether can do nothing here: a child lives on when this process is killed.
func DieTogether() *syscall.SysProcAttr { return nil }
