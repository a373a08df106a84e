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
	if !Plain(id, 1, MaxProductID) {
		return "", Invalid("id", "must have 1 to 512 bytes and no control characters")
	}
	return id, nil
}
