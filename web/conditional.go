package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// cachePolicy: an answer may be kept but must be asked about again; with a key
// it is the caller's own, and one that waited for a token is nobody's.
func cachePolicy(c *gin.Context, r searchRequest) string {
	switch {
	case r.hasToken:
		return "no-store"
	case infoOf(c).caller != nil:
		return "private, no-cache"
	}
	return "no-cache"
}

// unchanged sets the tag and the cache policy, and answers 304 if the caller's
// copy is still good.
func (s *Server) unchanged(c *gin.Context, tag, policy string) bool {
	h := c.Writer.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", policy)
	h.Set("Vary", "Authorization, Accept-Encoding")
	if !tagListed(c.GetHeader("If-None-Match"), tag) {
		return false
	}
	c.Status(http.StatusNotModified)
	return true
}

// tagListed compares weakly, as If-None-Match wants it.
func tagListed(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || part != "" && strings.TrimPrefix(part, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
