package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/keys"
)

// What there is not is 404, what cannot be done to it is 405 with Allow.
func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, path := range []string{"/v1", "/v1/", "/v1/search/", "/v2/search", "/index.html", "/v1//search", "/v1/search%2F", "/v1/suggest", "/..%2f..%2fetc/passwd", "/static/nope.js", "/static/", "/static/../index.html", "/static/index.html"} {
		t.Run(path, func(t *testing.T) { wantProblem(t, b.do("GET", path, ""), kindNotFound, "") })
	}
	for path, allow := range map[string][]string{
		"/v1/search":              {"GET", "HEAD", "POST"},
		"/v1/products/p1":         {"DELETE", "GET", "HEAD", "PATCH", "PUT"},
		"/v1/orders/x/cancel":     {"POST"},
		"/v1/admin/dead-letters":  {"GET", "HEAD"},
		"/v1/admin/reindex":       {"DELETE", "GET", "HEAD", "POST"},
		"/healthz":                {"GET", "HEAD"},
		"/static/js/anything.js":  {"GET", "HEAD"},
		"/v1/products/a/document": {"GET", "HEAD"},
	} {
		w := b.do("OPTIONS", path, "")
		wantProblem(t, w, kindMethod, "")
		got := strings.Split(w.Header().Get("Allow"), ", ")
		slices.Sort(got)
		if !slices.Equal(got, allow) {
			t.Errorf("%s: Allow = %v, want %v", path, got, allow)
		}
	}
	wantProblem(t, b.do("BREW", "/v1/search", ""), kindMethod, "")
}

// A sane request id is kept, any other is replaced, and all answers carry one.
func TestRequestID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for given, keep := range map[string]bool{
		"abc-123": true, strings.Repeat("x", 128): true, "": false, strings.Repeat("x", 129): false, "a b": false, "ä": false,
	} {
		for _, path := range []string{"/healthz", "/nope", "/v1/search?limit=0"} {
			w := b.do("GET", path, "", "X-Request-Id", given)
			got := w.Header().Get("X-Request-Id")
			if got == "" || (got == given) != keep {
				t.Errorf("%s with id %q: got id %q", path, given, got)
			}
			if w.Code >= 400 && decodeBody(t, w)["request_id"] != got {
				t.Errorf("%s: the problem has another id than the header %q: %s", path, got, w.Body)
			}
		}
	}
}

// A panic is a 500 that tells the caller nothing and the operator where.
func TestPanic(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.searcher.page = func() *search.Page { panic("secret of a customer") }
	w := b.do("GET", "/v1/search", "")
	wantProblem(t, w, kindInternal, "")
	if strings.Contains(w.Body.String(), "secret") || strings.Contains(b.log.String(), "secret") {
		t.Errorf("the panic's value got out: %s\n%s", w.Body, b.log)
	}
	if !strings.Contains(b.log.String(), "server_test.go") {
		t.Errorf("the log does not say where:\n%s", b.log)
	}
	if got := b.metric("aisle_http_panics_total"); got != 1 {
		t.Errorf("aisle_http_panics_total = %v, want 1", got)
	}
}

// Neither log nor metrics hold what a caller asked for or who the caller is.
func TestNothingPersonalIsLogged(t *testing.T) {
	t.Parallel()
	const planted = "PLANTED"
	b := newBench(t)
	b.do("GET", "/v1/search?q="+planted+"&f.brand="+planted, "")
	b.do("POST", "/v1/search", `{"q":"`+planted+`","bad":1}`)
	b.do("GET", "/v1/products/"+planted, "", "Authorization", "Bearer "+planted)
	b.do("PUT", "/v1/products/"+planted, `{"x":"`+planted+`"}`)
	b.do("POST", "/v1/orders", strings.ReplaceAll(orderBody, "c-1", planted), "Idempotency-Key", planted)
	b.do("GET", "/v1/orders?customer="+planted, "")
	b.do("GET", "/"+planted, "", "User-Agent", planted, "X-Forwarded-For", planted)
	b.do(planted, "/v1/search", "")
	if strings.Contains(b.log.String(), planted) {
		t.Errorf("the log holds it:\n%s", b.log)
	}
	if got := strings.Count(b.log.String(), `"msg":"request"`); got != 8 {
		t.Errorf("the log has %d lines for 8 requests:\n%s", got, b.log)
	}
	metrics := b.do("GET", "/metrics", "").Body.String()
	if strings.Contains(metrics, planted) {
		t.Errorf("the metrics hold it:\n%s", metrics)
	}
	for _, want := range []string{
		`aisle_http_requests_total{method="GET",route="/v1/products/{id}",status="404"} 1`,
		`aisle_http_requests_total{method="GET",route="other",status="404"} 1`,
		`aisle_http_requests_total{method="other",route="other",status="405"} 1`,
		`aisle_http_seconds_count{route="/v1/search"} 2`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("metrics lack %s\n%s", want, metrics)
		}
	}
}

// A 5xx is logged with its cause and its id.
func TestErrorIsLogged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.searcher.err = fmt.Errorf("disk on fire")
	b.do("GET", "/v1/search", "", "X-Request-Id", "abc")
	if got := b.log.String(); !strings.Contains(got, "disk on fire") || !strings.Contains(got, `"request_id":"abc"`) || !strings.Contains(got, "ERROR") {
		t.Errorf("log: %s", got)
	}
	b = newBench(t)
	b.products.err = fmt.Errorf("connect: %w", catalog.ErrUnreachable)
	b.do("DELETE", "/v1/products/p1", "")
	if got := b.log.String(); !strings.Contains(got, "connect:") || !strings.Contains(got, "WARN") {
		t.Errorf("log of a database that is away: %s", got)
	}
	b = newBench(t)
	b.searcher.err = search.ErrNotReady
	b.do("GET", "/v1/search", "")
	if got := b.log.String(); strings.Contains(got, `"error"`) || !strings.Contains(got, "INFO") {
		t.Errorf("log of an index that is being built: %s", got)
	}
}

// keyFile writes a keys file with one key of each scope, and some odd ones.
func keyFile(t *testing.T) *keys.File {
	t.Helper()
	sum := func(key string) string {
		s := sha256.Sum256([]byte(key))
		return hex.EncodeToString(s[:])
	}
	var b bytes.Buffer
	b.WriteString("keys:\n")
	for _, scope := range []string{"search", "orders", "catalog", "admin"} {
		fmt.Fprintf(&b, "- {name: %s, sha256: %s, scopes: [%s]}\n", scope, sum(scope+"-key"), scope)
	}
	fmt.Fprintf(&b, "- {name: orders2, sha256: %s, scopes: [orders]}\n", sum("orders2-key"))
	fmt.Fprintf(&b, "- {name: old, sha256: %s, scopes: [search], expires: 2020-01-01T00:00:00Z}\n", sum("old-key"))
	fmt.Fprintf(&b, "- {name: bound, sha256: %s, scopes: [search], filters: {brand: [Acme]}}\n", sum("bound-key"))
	path := filepath.Join(t.TempDir(), "keys.yaml")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := keys.Open(path, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Each route takes the keys of its scope and no others.
func TestScopes(t *testing.T) {
	t.Parallel()
	file := keyFile(t)
	b := newBench(t, func(c *Config) { c.Keys = file })
	replace := strings.NewReplacer(":id", "p1", ":source", "catalog", "*file", "favicon.svg")
	for _, r := range b.server.routes() {
		path := replace.Replace(r.path)
		for _, scope := range []string{"", "search", "orders", "catalog", "admin"} {
			b.key = ""
			if scope != "" {
				b.key = scope + "-key"
			}
			w := b.do(r.method, path, "")
			switch {
			case r.scope == anyone || string(r.scope) == scope:
				if w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden {
					t.Errorf("%s %s with scope %q: got %d", r.method, path, scope, w.Code)
				}
			case scope == "":
				wantProblem(t, w, kindUnauthenticated, "")
				if w.Header().Get("WWW-Authenticate") == "" {
					t.Errorf("%s %s: 401 without WWW-Authenticate", r.method, path)
				}
			default:
				wantProblem(t, w, kindForbidden, "")
			}
		}
	}
}

// What is no valid key is refused, and none gets into the log.
func TestKeys(t *testing.T) {
	t.Parallel()
	file := keyFile(t)
	b := newBench(t, func(c *Config) { c.Keys = file })
	for _, header := range []string{"", "Bearer", "Bearer ", "Bearer wrong-key", "Basic search-key", "search-key", "Bearer  search-key", "Bearer old-key", "Bearer " + strings.Repeat("k", 600)} {
		wantProblem(t, b.do("GET", "/v1/search", "", "Authorization", header), kindUnauthenticated, "")
	}
	w := b.do("GET", "/v1/search", "", "Authorization", "bearer search-key")
	wantStatus(t, w, http.StatusOK)
	if got := w.Header().Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("Cache-Control = %q, want private, no-cache", got)
	}
	if log := b.log.String(); strings.Contains(log, "-key") || !strings.Contains(log, `"caller":"search"`) {
		t.Errorf("log: %s", log)
	}
}

// Two callers' idempotency keys are independent (field report G6).
func TestIdempotencyScope(t *testing.T) {
	t.Parallel()
	file := keyFile(t)
	b := newBench(t, func(c *Config) { c.Keys = file })
	scopes := map[string]bool{}
	for _, key := range []string{"orders-key", "orders2-key"} {
		b.key = key
		wantStatus(t, b.do("POST", "/v1/orders", orderBody, "Idempotency-Key", "same"), http.StatusCreated)
		scopes[b.orders.request.Scope] = true
	}
	if len(scopes) != 2 {
		t.Errorf("scopes = %v, want two", scopes)
	}
}

// A key with forced filters sees nothing else, by no way.
func TestForcedFilters(t *testing.T) {
	t.Parallel()
	file := keyFile(t)
	b := newBench(t, func(c *Config) { c.Keys = file })
	b.key = "bound-key"
	w := b.do("GET", "/v1/search?f.colour=red&facets=auto", "")
	wantStatus(t, w, http.StatusOK)
	forced, own := []search.Filter{{Field: "brand", Values: []string{"Acme"}}}, []search.Filter{{Field: "colour", Values: []string{"red"}}}
	if got := b.searcher.query(); fmt.Sprint(got.Forced, got.Filters) != fmt.Sprint(forced, own) {
		t.Errorf("filters = %v and %v, want %v and %v", got.Forced, got.Filters, forced, own)
	}
	for _, facet := range decodeBody(t, w)["facets"].([]any) {
		if facet.(map[string]any)["name"] == "brand" {
			t.Error("a facet counts what the key must not see")
		}
	}
	wantProblem(t, b.do("GET", "/v1/search?facets=price,brand", ""), kindInvalidParameter, "facets")
	wantProblem(t, b.do("GET", "/v1/search?f.brand=Other", ""), kindInvalidParameter, "f.brand")
	wantProblem(t, b.do("GET", "/v1/products/p1", ""), kindForbidden, "")
}

// One caller's flood is stopped with the time to wait; forwarded addresses count
// only from proxies that are trusted (field report G7).
func TestRateLimit(t *testing.T) {
	t.Parallel()
	clock := instant()
	limited := func(c *Config) { c.RatePerSecond, c.Now = 5, func() time.Time { return clock } }
	flood := func(b *bench) (refused int) {
		for i := range 50 {
			w := b.do("GET", "/v1/search", "", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i), "X-Real-IP", fmt.Sprintf("198.51.100.%d", i))
			if w.Code == http.StatusTooManyRequests {
				wantProblem(t, w, kindRateLimited, "")
				refused++
			}
		}
		return refused
	}
	if got := flood(newBench(t, limited)); got != 40 {
		t.Errorf("no proxy trusted: %d of 50 refused, want 40", got)
	}
	trusting := newBench(t, limited, func(c *Config) { c.TrustedProxies = []string{"192.0.2.1"} }) // httptest's address
	if got := flood(trusting); got != 0 {
		t.Errorf("proxy trusted: %d of 50 refused, want none: each came from elsewhere", got)
	}
	wantStatus(t, trusting.do("GET", "/healthz", ""), http.StatusOK)
	file := keyFile(t)
	guarded := newBench(t, limited, func(c *Config) { c.Keys = file })
	for range 10 {
		wantProblem(t, guarded.do("GET", "/v1/search", "", "Authorization", "Bearer guess"), kindUnauthenticated, "")
	}
	wantProblem(t, guarded.do("GET", "/v1/search", "", "Authorization", "Bearer guess"), kindRateLimited, "")
	guarded.key = "search-key"
	wantStatus(t, guarded.do("GET", "/v1/search", ""), http.StatusOK)
}

// The nearest hop that is not trusted is the caller.
func TestClientAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.TrustedProxies = []string{"192.0.2.0/24", "10.0.0.0/8"} })
	var got string
	b.server.engine.GET("/test/address", func(c *gin.Context) { got = c.ClientIP() })
	for header, want := range map[string]string{
		"":                                 "192.0.2.1",
		"203.0.113.9":                      "203.0.113.9",
		"1.2.3.4, 203.0.113.9":             "203.0.113.9",
		"1.2.3.4, 203.0.113.9, 10.1.1.1":   "203.0.113.9",
		"nonsense":                         "192.0.2.1",
		"203.0.113.9, nonsense, 10.1.1.10": "192.0.2.1",
	} {
		if b.send("GET", "/test/address", "", "X-Forwarded-For", header); got != want {
			t.Errorf("X-Forwarded-For %q: caller is %s, want %s", header, got, want)
		}
	}
	for ip, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "::ffff:203.0.113.9": "203.0.113.9", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "x": "unknown",
	} {
		if got := clientNetwork(ip); got != want {
			t.Errorf("clientNetwork(%s) = %s, want %s", ip, got, want)
		}
	}
}

// A page of another origin cannot make a browser write, with or without keys.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		wantProblem(t, b.do("POST", "/v1/admin/reindex", "", header...), kindForbidden, "")
		wantStatus(t, b.do("GET", "/v1/search", "", header...), http.StatusOK)
	}
	wantStatus(t, b.do("POST", "/v1/admin/reindex", "", "Sec-Fetch-Site", "same-origin", "Origin", "http://example.com"), http.StatusAccepted)
}

// Pages come with a strict policy, a tag, and packed for who can unpack.
func TestPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for path, contentType := range map[string]string{
		"/": "text/html; charset=utf-8", "/ops": "text/html; charset=utf-8",
		"/static/js/shop.js": "text/javascript; charset=utf-8", "/static/favicon.svg": "image/svg+xml",
	} {
		w := b.do("GET", path, "")
		wantStatus(t, w, http.StatusOK)
		h := w.Header()
		if got := h.Get("Content-Type"); got != contentType {
			t.Errorf("%s: Content-Type = %q, want %q", path, got, contentType)
		}
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy = %q", path, csp)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: headers %v", path, h)
		}
		wantStatus(t, b.do("GET", path, "", "If-None-Match", h.Get("ETag")), http.StatusNotModified)
		packed := b.do("GET", path, "", "Accept-Encoding", "br, gzip;q=0.5")
		if packed.Header().Get("Content-Encoding") == "gzip" && packed.Body.Len() >= w.Body.Len() {
			t.Errorf("%s: packed %d bytes, plain %d", path, packed.Body.Len(), w.Body.Len())
		}
		if got := b.do("GET", path, "", "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"); got != "" {
			t.Errorf("%s: packed for a caller who refuses it", path)
		}
	}
	if got := b.do("GET", "/", "", "Accept-Encoding", "gzip").Header().Get("Content-Encoding"); got != "gzip" {
		t.Errorf("the storefront is not packed")
	}
}

// The probes tell alive from able.
func TestProbes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wantStatus(t, b.do("GET", "/healthz", ""), http.StatusOK)
	wantStatus(t, b.do("GET", "/readyz", ""), http.StatusOK)
	b.indexer.status.Ready = false
	wantStatus(t, b.do("GET", "/healthz", ""), http.StatusOK)
	wantProblem(t, b.do("GET", "/readyz", ""), kindNotReady, "")
	b.indexer.status.Ready = true
	b.server.stopping()
	w := b.do("GET", "/readyz", "")
	wantProblem(t, w, kindNotReady, "")
	if w.Header().Get("Connection") != "close" {
		t.Error("a stopping server keeps connections")
	}
	wantStatus(t, b.do("GET", "/v1/search", ""), http.StatusOK)
}

// Without keys only loopback will do.
func TestCheckListen(t *testing.T) {
	t.Parallel()
	for address, open := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:80": true, "[::1]:8080": true, "127.9.9.9:0": true, "[::ffff:127.0.0.1]:1": true,
		":8080": false, "0.0.0.0:8080": false, "[::]:80": false, "192.0.2.1:80": false, "example.com:80": false, "localhost.example.com:80": false,
	} {
		if err := CheckListen(address, false); (err == nil) != open {
			t.Errorf("CheckListen(%s) without keys = %v, want allowed: %v", address, err, open)
		}
		if err := CheckListen(address, true); err != nil {
			t.Errorf("CheckListen(%s) with keys = %v, want nil", address, err)
		}
	}
	if CheckListen("nonsense", true) == nil {
		t.Error("an address without a port is taken")
	}
}

// A configuration that lacks something is refused by name.
func TestConfig(t *testing.T) {
	t.Parallel()
	good := newBench(t).server.config
	for name, change := range map[string]func(*Config){
		"Searcher": func(c *Config) { c.Searcher = nil }, "Indexer": func(c *Config) { c.Indexer = nil }, "Logger": func(c *Config) { c.Logger = nil },
		"CursorKey": func(c *Config) { c.CursorKey = []byte("x") }, "TrustedProxies": func(c *Config) { c.TrustedProxies = []string{"nowhere"} },
		"negative": func(c *Config) { c.RatePerSecond = -1 }, "register": func(*Config) {}, // the metrics are registered already
	} {
		c := good
		change(&c)
		if name == "TrustedProxies" {
			c.Registerer = newBench(t).registry
		}
		if _, err := New(c); err == nil || name != "TrustedProxies" && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

// The page for operators tells how long stopping takes.
func TestDrainIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	c := Config{}.withDefaults()
	for _, want := range []string{"drain delay of " + c.DrainDelay.String(), "drain deadline of " + c.DrainTimeout.String()} {
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/operating.md does not say %q", want)
		}
	}
}
