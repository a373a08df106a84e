package netfault

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"time"
)

// Proxy passes connections to one server on, as well as its line is.
type Proxy struct {
	listener net.Listener
	upstream string
	stop     context.CancelFunc
	ctx      context.Context
	running  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	line    line
	changed chan struct{} // closed when line changes
	conns   map[net.Conn]struct{}
}

// line is how the connections are.
type line struct {
	frozen  bool // nothing passes, nobody is told
	refused bool // no connection is made
	latency time.Duration
	rate    int // bytes a second in each direction; 0: no bound
}

// New listens on a free port for connections to a server, host:port.
func New(upstream string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: listener, upstream: upstream, changed: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.running.Go(p.accept)
	return p, nil
}

// Behind listens for connections to the server that a URL names, and gives the URL
// with the proxy's address.
func Behind(address string) (p *Proxy, through string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, "", err
	}
	if p, err = New(u.Host); err != nil {
		return nil, "", err
	}
	u.Host = p.Addr()
	return p, u.String(), nil
}

// Addr is where the proxy listens.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Close ends all connections and waits for the proxy's goroutines.
func (p *Proxy) Close() {
	p.stop()
	_ = p.listener.Close() // it may be closed already
	p.Cut()
	p.running.Wait()
}

// Cut resets every connection. New ones are made.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		reset(c)
	}
}

// reset closes a connection without the courtesy of an end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so that closing is a reset
	}
	_ = c.Close() // it may be closed already
}

// Freeze lets nothing pass: no byte, no end of a connection, no new one's answer.
func (p *Proxy) Freeze() { p.set(func(l *line) { l.frozen = true }) }

// Slow delays what passes by a latency, and lets only so many bytes a second pass in
// each direction of a connection; 0 bounds nothing.
func (p *Proxy) Slow(latency time.Duration, bytesPerSecond int) {
	p.set(func(l *line) { l.latency, l.rate = latency, bytesPerSecond })
}

// Refuse resets every connection and makes no new one.
func (p *Proxy) Refuse() {
	p.set(func(l *line) { l.refused = true })
	p.Cut()
}

// Heal undoes Freeze, Slow and Refuse.
func (p *Proxy) Heal() { p.set(func(l *line) { *l = line{} }) }

// Connections is how many pass through.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns) / 2
}

func (p *Proxy) set(change func(*line)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.line)
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Proxy) now() (line, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.line, p.changed
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.running.Go(func() { p.serve(c) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	if l, ok := p.thawed(); !ok || l.refused {
		reset(client)
		return
	}
	server, err := (&net.Dialer{}).DialContext(p.ctx, "tcp", p.upstream)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.keep(client, server) {
		reset(client)
		return
	}
	defer p.forget(client, server)
	var both sync.WaitGroup
	both.Go(func() { p.pump(server, client) })
	both.Go(func() { p.pump(client, server) })
	both.Wait()
}

// keep takes connections among those that Cut and Refuse reset. Not ok when none are
// made any more, be it since a moment ago: Refuse did not see these.
func (p *Proxy) keep(conns ...net.Conn) (ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil || p.line.refused {
		return false
	}
	for _, c := range conns {
		p.conns[c] = struct{}{}
	}
	return true
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

// thawed waits until the line is not frozen; not ok when the proxy is closed.
func (p *Proxy) thawed() (l line, ok bool) {
	for {
		l, changed := p.now()
		if !l.frozen {
			return l, p.ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-p.ctx.Done():
			return l, false
		}
	}
}

// pump passes bytes on until one side ends, which ends the other.
func (p *Proxy) pump(to, from net.Conn) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		l, ok := p.thawed()
		if !ok {
			break
		}
		if n > 0 && !p.pass(to, buf[:n], l) {
			break
		}
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				break
			}
			if tcp, ok := to.(*net.TCPConn); ok { // the other direction may go on
				_ = tcp.CloseWrite()
				return
			}
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
}

// pass writes as fast as the line allows.
func (p *Proxy) pass(to net.Conn, b []byte, l line) bool {
	wait := l.latency
	if l.rate > 0 {
		wait += time.Duration(float64(len(b)) / float64(l.rate) * float64(time.Second))
	}
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-p.ctx.Done():
			return false
		}
	}
	_, err := to.Write(b)
	return err == nil
}
