//go:build !linux

package acceptance

import "syscall"

func dieWithTests() *syscall.SysProcAttr { return nil }
