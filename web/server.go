package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/web/answers"
	"github.com/aisle-search/aisle/web/cursor"
	"github.com/aisle-search/aisle/web/limit"
	"github.com/aisle-search/aisle/web/metrics"
	"github.com/aisle-search/aisle/web/ops"
	"github.com/aisle-search/aisle/web/pages"
)

// Timeouts of a connection. A request that takes longer to send, or an answer
// that is not taken, gives its place to another.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 75 * time.Second
	maxHeaderBytes    = 32 << 10
	// requestTimeout bounds the work for one request.
	requestTimeout = 15 * time.Second
)

// Server answers HTTP.
type Server struct {
	config   Config
	engine   *gin.Engine
	log      *slog.Logger
	metrics  *metrics.Metrics
	slots    *limit.Slots
	answers  *answers.Cache[*found]
	limiter  *limit.Limiter
	history  *cursor.Sealer
	pages    map[string]*pages.Asset
	openapi  *pages.Asset
	ops      *ops.Handlers
	draining chan struct{} // closed when the server is told to stop
	drain    sync.Once
	origins  *http.CrossOriginProtection
}

// New builds a server. It starts nothing.
func New(config Config) (*Server, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	s := &Server{
		config:   config,
		log:      config.Logger,
		slots:    limit.NewSlots(config.MaxSearches),
		limiter:  limit.New(config.RatePerSecond, config.Now),
		draining: make(chan struct{}),
		origins:  http.NewCrossOriginProtection(),
	}
	s.ops = ops.New(ops.Config{Indexer: config.Indexer, Gatherer: config.Gatherer, Leases: config.Leases,
		Version: config.Version, Now: config.Now, Stopping: s.draining, EventTimeout: writeTimeout})
	s.answers = answers.New[*found](answers.Limits{Bytes: config.CacheBytes, Soft: config.CacheStale, Hard: maxAnswerAge,
		Refreshes: config.MaxSearches, Timeout: requestTimeout}, config.Now)
	var err error
	if s.metrics, err = metrics.New(config.Registerer); err != nil {
		return nil, err
	}
	key := config.CursorKey
	if key == nil {
		key = make([]byte, cursor.KeySize)
		rand.Read(key) // never fails; the program would end
	}
	if s.history, err = cursor.New(key); err != nil {
		return nil, err
	}
	if s.pages, err = loadPages(); err != nil {
		return nil, err
	}
	if s.openapi, err = loadOpenAPI(config.Version); err != nil {
		return nil, err
	}
	if err := s.route(); err != nil {
		return nil, err
	}
	return s, nil
}

// ServeHTTP makes a Server an http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// route builds the engine from the table of routes.
func (s *Server) route() error {
	gin.SetMode(gin.ReleaseMode) // Gin keeps this for the whole process
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.UseEscapedPath = true // so that an id may hold a slash; see request.PathValue
	e.UnescapePathValues = false
	e.RemoteIPHeaders = []string{"X-Forwarded-For"}
	if err := e.SetTrustedProxies(s.config.TrustedProxies); err != nil {
		return fmt.Errorf("web config: TrustedProxies: %w", err)
	}
	e.Use(s.observe, s.secure)
	for _, r := range s.routes() {
		handler := s.handle(r)
		e.Handle(r.method, r.path, handler)
		if r.method == http.MethodGet {
			e.Handle(http.MethodHead, r.path, handler)
		}
	}
	e.NoRoute(func(c *gin.Context) { s.fail(c, &problem{kind: kindNotFound, Detail: "There is no such path."}) })
	e.NoMethod(func(c *gin.Context) {
		s.fail(c, &problem{kind: kindMethod, Detail: "The header Allow lists the methods of this path."})
	})
	s.engine = e
	return nil
}

// Run serves on the listener until ctx ends, then stops without failing a
// request: /readyz turns 503, connections are closed after their next answer,
// then no more are taken, and what is in flight may finish within DrainTimeout.
// It closes the listener.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(discardAddresses{s.log.Handler()}, slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.stopping()
	select {
	case <-time.After(s.config.DrainDelay):
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	}
	deadline, done := context.WithTimeout(base, s.config.DrainTimeout)
	defer done()
	err := server.Shutdown(deadline)
	if err != nil {
		cancel() // whoever is still at it is told to stop
		err = errors.Join(fmt.Errorf("drain requests: %w", err), server.Close())
	}
	<-served
	s.answers.Close()
	return err
}

// stopping makes /readyz say 503, ends event streams, and asks callers to leave.
func (s *Server) stopping() { s.drain.Do(func() { close(s.draining) }) }

func (s *Server) isDraining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}

// discardAddresses drops the text of net/http's own complaints, which names the
// caller's address, and keeps that there was one.
type discardAddresses struct{ slog.Handler }

func (h discardAddresses) Handle(ctx context.Context, r slog.Record) error {
	short := slog.NewRecord(r.Time, r.Level, "connection failed in net/http", r.PC)
	return h.Handler.Handle(ctx, short)
}
