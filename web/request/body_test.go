package request

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gin-gonic/gin"
)

func contextOf(body io.Reader, contentType string) *gin.Context {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("POST", "/", body)
	c.Request.Header.Set("Content-Type", contentType)
	return c
}

// A body of the type is read whole; every other is refused with what is wrong.
func TestReadBody(t *testing.T) {
	t.Parallel()
	const json = "application/json"
	body, err := ReadBody(contextOf(strings.NewReader("{}"), json+"; charset=UTF-8"), json)
	if err != nil || string(body) != "{}" {
		t.Errorf("got %q, %v, want {}", body, err)
	}
	var media *MediaTypeError
	for _, contentType := range []string{"", "text/plain", json + "; charset=latin1"} {
		if _, err := ReadBody(contextOf(strings.NewReader("{}"), contentType), json); !errors.As(err, &media) {
			t.Errorf("type %q: got %v, want a MediaTypeError", contentType, err)
		}
	}
	packed := contextOf(strings.NewReader("{}"), json)
	packed.Request.Header.Set("Content-Encoding", "gzip")
	if _, err := ReadBody(packed, json); !errors.As(err, &media) {
		t.Errorf("packed: got %v, want a MediaTypeError", err)
	}
	var tooLong *http.MaxBytesError
	if _, err := ReadBody(contextOf(strings.NewReader(strings.Repeat(" ", maxBody+1)), json), json); !errors.As(err, &tooLong) {
		t.Errorf("too long: got %v, want a MaxBytesError", err)
	}
	var invalid *Error
	if _, err := ReadBody(contextOf(iotest.ErrReader(io.ErrUnexpectedEOF), json), json); !errors.As(err, &invalid) {
		t.Errorf("cut off: got %v, want an Error", err)
	}
	if _, err := ReadBody(contextOf(iotest.ErrReader(context.Canceled), json), json); !errors.Is(err, context.Canceled) {
		t.Errorf("caller gone: got %v, want context.Canceled", err)
	}
}
