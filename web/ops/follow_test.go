package ops

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
)

// As many may follow a rebuild as there are places.
func TestFollowersBounded(t *testing.T) {
	t.Parallel()
	h := New(Config{})
	for range maxFollowers {
		h.followers <- struct{}{}
	}
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequest("GET", "/v1/admin/reindex", nil)
	c.Request.Header.Set("Accept", "text/html, text/event-stream;q=0.5")
	if err := h.ShowReindex(c); !errors.Is(err, ErrFollowers) {
		t.Errorf("got %v, want ErrFollowers", err)
	}
	if got := len(h.followers); got != maxFollowers {
		t.Errorf("a refused one left %d places taken, want %d", got, maxFollowers)
	}
}
