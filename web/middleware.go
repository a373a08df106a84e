package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/aisle-search/aisle/web/keys"
	"github.com/aisle-search/aisle/web/request"
)

// info is what the middleware knows of a request.
type info struct {
	id      string
	caller  *keys.Key // nil while everything is open, or nobody is known
	problem *problem  // what was answered instead
}

const infoKey = "aisle"

func infoOf(c *gin.Context) *info {
	if v, ok := c.Get(infoKey); ok {
		return v.(*info)
	}
	return &info{}
}

func requestID(c *gin.Context) string { return infoOf(c).id }

// observe is the outermost layer: it names the request, turns a panic into a
// problem, counts, and writes the one line of the access log. The line holds the
// route and never the path, the query or who it was for.
func (s *Server) observe(c *gin.Context) {
	start := s.config.Now()
	in := &info{id: c.GetHeader("X-Request-Id")}
	if !request.Visible(in.id, 1, 128) {
		in.id = uuid.NewString()
	}
	c.Set(infoKey, in)
	c.Header("X-Request-Id", in.id)
	if s.isDraining() {
		c.Header("Connection", "close")
	}
	s.recovered(c)
	took := s.config.Now().Sub(start)
	route, method, status := routeLabel(c), methodLabel(c.Request.Method), c.Writer.Status()
	s.metrics.Requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	s.metrics.Seconds.WithLabelValues(route).Observe(took.Seconds())
	s.access(c, in, route, method, took)
}

// recovered runs the rest of the chain; a panic becomes a 500.
func (s *Server) recovered(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) { // the way to break off an answer
			panic(cause)
		}
		s.metrics.Panics.Inc()
		// The value may quote what the caller sent: its type and the stack tell
		// enough.
		s.log.Error("panic in a handler", "request_id", requestID(c), "type", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
		c.Abort()
		s.fail(c, &problem{kind: kindInternal, Detail: "The request id tells the operator what happened."})
	}()
	c.Next()
}

func (s *Server) access(c *gin.Context, in *info, route, method string, took time.Duration) {
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("request_id", in.id),
		slog.String("method", method),
		slog.String("route", route),
		slog.Int("status", c.Writer.Status()),
		slog.Int("bytes", max(c.Writer.Size(), 0)),
		slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	if in.caller != nil {
		attrs = append(attrs, slog.String("caller", in.caller.Name))
	}
	if p := in.problem; p != nil {
		attrs = append(attrs, slog.String("problem", p.Type))
		level = max(level, p.level())
		if level > slog.LevelInfo && p.cause != nil {
			attrs = append(attrs, slog.String("error", p.cause.Error()))
		}
	}
	s.log.LogAttrs(c.Request.Context(), level, "request", attrs...)
}

// routeLabel is the route in OpenAPI's spelling, "other" for unknown paths.
func routeLabel(c *gin.Context) string {
	path := c.FullPath()
	if path == "" {
		return "other"
	}
	return openAPIPath(path)
}

// openAPIPath turns "/a/:id" and "/a/*id" into "/a/{id}".
func openAPIPath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if len(p) > 1 && (p[0] == ':' || p[0] == '*') {
			parts[i] = "{" + p[1:] + "}"
		}
	}
	return strings.Join(parts, "/")
}

// methodLabel keeps invented methods out of the metrics.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// secure sets the headers of every answer and refuses writes that a page of
// another origin makes a browser send: without keys nothing else would.
func (s *Server) secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if err := s.origins.Check(c.Request); err != nil {
		c.Abort()
		s.fail(c, &problem{kind: kindForbidden, Detail: "A page of another origin may not write here."})
	}
}
