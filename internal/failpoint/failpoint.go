// Package failpoint names the places where a test may stop, delay or kill the
// program. A point does nothing unless a test arms it.
//
// Invariants:
//   - An unarmed Hit is one atomic load.
//   - Points are armed by tests only; nothing here reads the environment.
package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// points is the one variable that changes: which points are armed. It is nil
// while none is.
var (
	points atomic.Pointer[map[string]func()]
	arming sync.Mutex // guards replacing points
)

// Hit runs what a test armed name with, and does nothing otherwise.
func Hit(name string) {
	armed := points.Load()
	if armed == nil {
		return
	}
	if act, ok := (*armed)[name]; ok {
		act()
	}
}

// Arm makes Hit(name) call act until the returned function is called. Points
// are shared by the process, so tests that arm the same point must not run in
// parallel.
func Arm(name string, act func()) (disarm func()) {
	replace(func(m map[string]func()) { m[name] = act })
	return func() { replace(func(m map[string]func()) { delete(m, name) }) }
}

// ArmKill arms a point by "name=n": the n-th Hit kills the process as kill -9
// does. A test binary that is re-executed as a child is told its point so.
func ArmKill(spec string) error {
	name, count, ok := strings.Cut(spec, "=")
	n, err := strconv.ParseInt(count, 10, 64)
	if !ok || err != nil || n < 1 {
		return fmt.Errorf("failpoint %q is not name=count", spec)
	}
	var hits atomic.Int64
	Arm(name, func() {
		if hits.Add(1) == n {
			kill()
		}
	})
	return nil
}

func replace(change func(map[string]func())) {
	arming.Lock()
	defer arming.Unlock()
	next := map[string]func(){}
	if old := points.Load(); old != nil {
		for name, act := range *old {
			next[name] = act
		}
	}
	change(next)
	if len(next) == 0 {
		points.Store(nil)
		return
	}
	points.Store(&next)
}

// kill ends the process without any clean-up and never returns.
func kill() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}
