package netfault

import (
	"bufio"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// echo serves lines back until it is closed.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c) // it ends when the client does
			}()
		}
	}()
	return l.Addr().String()
}

func proxied(t *testing.T) *Proxy {
	t.Helper()
	p, err := New(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func dial(t *testing.T, p *Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// say sends a line and gives what comes back within a time.
func say(c net.Conn, line string, within time.Duration) (string, error) {
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}

const (
	soon = 50 * time.Millisecond
	long = 30 * time.Second
)

func TestPassAndCut(t *testing.T) {
	t.Parallel()
	p := proxied(t)
	c := dial(t, p)
	if got, err := say(c, "a", long); got != "a\n" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if n := p.Connections(); n != 1 {
		t.Errorf("got %d connections, want 1", n)
	}
	p.Cut()
	if got, err := say(c, "b", long); err == nil {
		t.Errorf("after a cut: got %q", got)
	}
	if got, err := say(dial(t, p), "c", long); got != "c\n" || err != nil {
		t.Errorf("a new connection: got %q, %v", got, err)
	}
}

// A frozen line says nothing, not even that it is closed; healed, it has lost
// nothing.
func TestFreeze(t *testing.T) {
	t.Parallel()
	p := proxied(t)
	c := dial(t, p)
	if _, err := say(c, "a", long); err != nil {
		t.Fatal(err)
	}
	p.Freeze()
	late := dial(t, p) // the system takes the connection
	for _, c := range []net.Conn{c, late} {
		if got, err := say(c, "b", soon); err == nil || !isTimeout(err) {
			t.Errorf("frozen: got %q, %v, want a timeout", got, err)
		}
	}
	p.Heal()
	for _, c := range []net.Conn{c, late} {
		if err := c.SetReadDeadline(time.Now().Add(long)); err != nil {
			t.Fatal(err)
		}
		if got, err := bufio.NewReader(c).ReadString('\n'); got != "b\n" || err != nil {
			t.Errorf("healed: got %q, %v", got, err)
		}
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func TestRefuse(t *testing.T) {
	t.Parallel()
	p := proxied(t)
	c := dial(t, p)
	p.Refuse()
	if got, err := say(c, "a", long); err == nil {
		t.Errorf("an old connection: got %q", got)
	}
	if c, err := net.Dial("tcp", p.Addr()); err == nil { // else it was reset at once
		defer c.Close()
		if got, err := say(c, "a", long); err == nil {
			t.Errorf("a new one: got %q", got)
		}
	}
	p.Heal()
	if got, err := say(dial(t, p), "a", long); got != "a\n" || err != nil {
		t.Errorf("healed: got %q, %v", got, err)
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	p := proxied(t)
	c := dial(t, p)
	p.Slow(2*soon, 0)
	asked := time.Now()
	if got, err := say(c, "a", long); got != "a\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if took, least := time.Since(asked), 2*2*soon; took < least { // in each direction
		t.Errorf("answered after %v, want %v or more", took, least)
	}
}
