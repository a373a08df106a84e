package web

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/web/keys"
	"github.com/aisle-search/aisle/web/request"
)

// maxKey bounds a key in bytes.
const maxKey = 512

// admit says whether the caller may make a request of this scope now. Without a
// keys file everyone may do everything; CheckListen keeps strangers away then.
func (s *Server) admit(c *gin.Context, scope keys.Scope) error {
	if scope == anyone {
		return nil
	}
	caller, err := s.identify(c)
	who := "address " + clientNetwork(c.ClientIP())
	if caller != nil {
		infoOf(c).caller = caller
		who = "key " + caller.Name
	}
	// Failed attempts count too, so that keys cannot be guessed at full speed.
	if wait := s.limiter.Take(who); wait > 0 {
		return &problem{kind: kindRateLimited, Detail: "Slow down.", RetryAfter: wait}
	}
	if err != nil {
		return err
	}
	if caller != nil && !caller.May(scope) {
		return &problem{kind: kindForbidden, Detail: "The key lacks the scope " + string(scope) + "."}
	}
	return nil
}

// identify returns whose key came along; nil if none is needed.
func (s *Server) identify(c *gin.Context) (*keys.Key, error) {
	if s.config.Keys == nil {
		return nil, nil
	}
	scheme, key, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !request.Visible(key, 1, maxKey) {
		return nil, &problem{kind: kindUnauthenticated, Detail: "Send Authorization: Bearer KEY."}
	}
	caller, ok := s.config.Keys.Find(key)
	if !ok {
		return nil, &problem{kind: kindUnauthenticated, Detail: "The key is not known or has expired."}
	}
	return caller, nil
}

// callerName is the name that keeps one caller's keys and cursors apart from
// another's.
func callerName(c *gin.Context) string {
	if k := infoOf(c).caller; k != nil {
		return k.Name
	}
	return ""
}

// clientNetwork is what counts as one caller: an IPv4 address or an IPv6 /64,
// of which one customer has many addresses.
func clientNetwork(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	network, err := addr.Prefix(64)
	if err != nil { // 64 bits always fit
		return "unknown"
	}
	return network.String()
}

// force adds the filters that the caller's key brings along. Facets on their
// fields are refused: a facet leaves its own filter out and would count what the
// key must not see.
func (s *Server) force(c *gin.Context, q *search.Query) error {
	caller := infoOf(c).caller
	if caller == nil || len(caller.Filters) == 0 {
		return nil
	}
	for _, field := range slices.Sorted(maps.Keys(caller.Filters)) {
		if slices.Contains(q.Facets, field) {
			return request.Invalid("facets", "names "+field+", which this key is bound to")
		}
		for _, f := range q.Filters {
			if f.Field == field {
				return request.Invalid("f."+field, "is bound by this key")
			}
		}
		q.Forced = append(q.Forced, search.Filter{Field: field, Values: caller.Filters[field]})
	}
	return nil
}

// conceal leaves out facets on forced fields that "auto" brought in.
func (s *Server) conceal(c *gin.Context, page *search.Page) *search.Page {
	caller := infoOf(c).caller
	if caller == nil || len(caller.Filters) == 0 {
		return page
	}
	open := make([]search.Facet, 0, len(page.Facets))
	for _, f := range page.Facets {
		if _, forced := caller.Filters[f.Name]; !forced {
			open = append(open, f)
		}
	}
	concealed := *page
	concealed.Facets = open
	return &concealed
}
