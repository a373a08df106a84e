// Command aisle is Aisle's one binary: the server and its tools.
//
// Invariants:
//   - Only main exits. A first signal ends the run in order, a second one at once.
//   - The environment, flags and files are read here and nowhere else.
//   - Bad usage exits 2, a failed run 1.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// From the first signal on, the next one has its usual effect.
	context.AfterFunc(ctx, stop)
	std := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	err := run(ctx, os.Args[1:], os.LookupEnv, std)
	if err != nil {
		fmt.Fprintln(os.Stderr, "aisle:", err)
	}
	if code := exitCode(err); code != 0 {
		os.Exit(code)
	}
}
