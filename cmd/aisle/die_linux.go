package main

import "syscall"

// dieTogether ends a child when this process is killed.
func dieTogether() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
