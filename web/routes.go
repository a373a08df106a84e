package web

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/web/keys"
)

// route is one method of one path.
type route struct {
	method string
	path   string // in Gin's spelling
	// scope that a key needs; anyone for what is open to all.
	scope keys.Scope
	// stream marks routes whose answer has no end of its own.
	stream bool
	run    func(*gin.Context) error
}

// anyone is the scope of routes that need no key.
const anyone keys.Scope = ""

// routes is every route there is; GET answers HEAD too.
func (s *Server) routes() []route {
	return []route{
		{method: http.MethodGet, path: "/", run: s.page("index.html")},
		{method: http.MethodGet, path: "/ops", run: s.page("ops.html")},
		{method: http.MethodGet, path: "/static/*file", run: s.static},
		{method: http.MethodGet, path: "/openapi.json", run: s.describe},
		{method: http.MethodGet, path: "/healthz", run: s.ops.Alive},
		{method: http.MethodGet, path: "/readyz", run: s.ops.Ready},
		{method: http.MethodGet, path: "/metrics", scope: keys.Admin, run: s.ops.Metrics},

		{method: http.MethodGet, path: "/v1/search", scope: keys.Search, run: s.searchGet},
		{method: http.MethodPost, path: "/v1/search", scope: keys.Search, run: s.searchPost},
		{method: http.MethodGet, path: "/v1/schema", scope: keys.Search, run: s.schema},
		{method: http.MethodGet, path: "/v1/products/:id", scope: keys.Search, run: s.productGet},
		{method: http.MethodGet, path: "/v1/products/:id/document", scope: keys.Catalog, run: s.productDocument},
		{method: http.MethodPut, path: "/v1/products/:id", scope: keys.Catalog, run: s.productPut},
		{method: http.MethodPatch, path: "/v1/products/:id", scope: keys.Catalog, run: s.productPatch},
		{method: http.MethodDelete, path: "/v1/products/:id", scope: keys.Catalog, run: s.productDelete},

		{method: http.MethodPost, path: "/v1/orders", scope: keys.Orders, run: s.orderPlace},
		{method: http.MethodGet, path: "/v1/orders", scope: keys.Orders, run: s.orderHistory},
		{method: http.MethodGet, path: "/v1/orders/:id", scope: keys.Orders, run: s.orderGet},
		{method: http.MethodPost, path: "/v1/orders/:id/cancel", scope: keys.Orders, run: s.orderCancel},

		{method: http.MethodGet, path: "/v1/status", scope: keys.Admin, run: s.ops.Status},
		{method: http.MethodGet, path: "/v1/status/history", scope: keys.Admin, run: s.ops.History},
		{method: http.MethodPost, path: "/v1/admin/reindex", scope: keys.Admin, run: s.ops.StartReindex},
		{method: http.MethodGet, path: "/v1/admin/reindex", scope: keys.Admin, stream: true, run: s.ops.ShowReindex},
		{method: http.MethodDelete, path: "/v1/admin/reindex", scope: keys.Admin, run: s.ops.StopReindex},
		{method: http.MethodPost, path: "/v1/admin/rollback", scope: keys.Admin, run: s.ops.StartRollback},
		{method: http.MethodGet, path: "/v1/admin/generations", scope: keys.Admin, run: s.ops.Generations},
		{method: http.MethodPost, path: "/v1/admin/verify", scope: keys.Admin, run: s.ops.StartVerify},
		{method: http.MethodGet, path: "/v1/admin/verify", scope: keys.Admin, run: s.ops.ShowVerify},
		{method: http.MethodGet, path: "/v1/admin/dead-letters", scope: keys.Admin, run: s.ops.Letters},
		{method: http.MethodGet, path: "/v1/admin/dead-letters/:source/:id", scope: keys.Admin, run: s.ops.Letter},
		{method: http.MethodDelete, path: "/v1/admin/dead-letters/:source/:id", scope: keys.Admin, run: s.ops.DropLetter},
		{method: http.MethodPost, path: "/v1/admin/dead-letters/:source/:id/replay", scope: keys.Admin, run: s.ops.ReplayLetter},
	}
}

// handle turns a route into what Gin calls: who may, how often, how long, and
// what becomes of an error.
func (s *Server) handle(r route) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := s.admit(c, r.scope); err != nil {
			s.fail(c, err)
			return
		}
		if !r.stream {
			ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
			defer cancel()
			c.Request = c.Request.WithContext(ctx)
		}
		if err := r.run(c); err != nil {
			s.fail(c, err)
		}
	}
}

// fail answers with the problem that err is. 5xx are logged with their cause.
func (s *Server) fail(c *gin.Context, err error) {
	p := problemOf(err)
	info := infoOf(c)
	info.problem = p
	if c.Writer.Written() {
		return // too late to say anything; the log has it
	}
	p.write(c)
}
