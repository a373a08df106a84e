package request

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// maxBody bounds a request body in bytes.
const maxBody = 1 << 20

// ReadBody reads a whole body of the media type, within the bound.
func ReadBody(c *gin.Context, mediaType string) ([]byte, error) {
	got, params, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if charset := params["charset"]; err != nil || got != mediaType || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, &MediaTypeError{"Send the body as " + mediaType + " in UTF-8."}
	}
	if encoding := c.GetHeader("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, &MediaTypeError{"Send the body without Content-Encoding."}
	}
	return readAll(c)
}

// readAll reads a body within the bound. A body that ends early is the caller's
// doing.
func readAll(c *gin.Context) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if err == nil {
		return body, nil
	}
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) || errors.Is(err, context.Canceled) {
		return nil, err
	}
	return nil, Invalid("body", "could not be read to its end")
}

// NoBody refuses a body where none is expected.
func NoBody(c *gin.Context) error {
	body, err := readAll(c)
	if err != nil {
		return err
	}
	if len(body) > 0 {
		return Invalid("body", "is not expected here")
	}
	return nil
}

// NoParams refuses any query parameter.
func NoParams(c *gin.Context) error {
	p, err := ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	return p.Done()
}

// Nothing refuses parameters and a body where neither is expected.
func Nothing(c *gin.Context) error {
	if err := NoParams(c); err != nil {
		return err
	}
	return NoBody(c)
}
