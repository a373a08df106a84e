//go:build !linux

package main

import "syscall"

// dieTogether can do nothing here: a child lives on when this process is killed.
func dieTogether() *syscall.SysProcAttr { return nil }
