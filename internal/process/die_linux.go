package process

import "syscall"

// DieTogether ends a child when this process is killed.
func DieTogether() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
