package request

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// PathValue returns a parameter of the path, unescaped.
func PathValue(c *gin.Context, name string) (string, error) {
	raw := strings.TrimPrefix(c.Param(name), "/") // Gin leaves it on wildcards
	value, err := url.PathUnescape(raw)
	if err != nil || !utf8.ValidString(value) {
		return "", Invalid(name, "is not a well-formed part of a path")
	}
	return value, nil
}

// ProductID returns the id of the path.
func ProductID(c *gin.Context) (string, error) {
	id, err := PathValue(c, "id")
	if err != nil {
		return "", err
	}
	if !IsProductID(id) {
		return "", Invalid("id", "must have 1 to 512 bytes")
	}
	return id, nil
}

// IsProductID reports whether s can name a product. MongoDB's _id may hold any text,
// control characters too.
func IsProductID(s string) bool {
	return len(s) >= 1 && len(s) <= MaxProductID && utf8.ValidString(s)
}
