package process

import (
	"bytes"
	"regexp"
	"sync"
)

const (
	// maxAlarms bounds what is kept of a log's alarming lines.
	maxAlarms = 10
	// maxLine bounds how much of a line is looked at, in bytes.
	maxLine = 1 << 20
)

var (
	listening = regexp.MustCompile(`msg=listening address=(http://\S+)`)
	// alarming are lines that nothing that is done to a server from outside excuses.
	alarming = regexp.MustCompile(`^panic:|^fatal error:|DATA RACE`)
)

// Address finds in a log where its server listens.
func Address(log string) (address string, ok bool) {
	found := listening.FindStringSubmatch(log)
	if found == nil {
		return "", false
	}
	return found[1], true
}

// watch reads a log as it is written.
type watch struct {
	listens chan struct{} // closed once the address is known

	mu      sync.Mutex // guards what follows
	address string
	line    []byte // the last one, not yet ended
	alarm   []string
}

func newWatch() *watch { return &watch{listens: make(chan struct{})} }

// Write implements io.Writer.
func (w *watch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := p
	for {
		part, after, whole := bytes.Cut(rest, []byte("\n"))
		w.line = append(w.line, part[:min(len(part), maxLine-len(w.line))]...)
		if !whole {
			return len(p), nil
		}
		w.read(string(w.line))
		w.line, rest = w.line[:0], after
	}
}

// read looks at one line. mu is held.
func (w *watch) read(line string) {
	if address, ok := Address(line); ok && w.address == "" {
		w.address = address
		close(w.listens)
	}
	if alarming.MatchString(line) && len(w.alarm) < maxAlarms {
		w.alarm = append(w.alarm, line)
	}
}

func (w *watch) where() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.address
}

func (w *watch) alarms() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.alarm
}

// Output is a program's output that can be read while it is written. Its zero value is
// empty.
type Output struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String is what has been written until now.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
