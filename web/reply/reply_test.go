package reply

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// Answers are for one caller; a time is in UTC with milliseconds, and null where it
// never was.
func TestPrivate(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	c, _ := gin.CreateTestContext(w)
	at := time.Date(2026, 1, 2, 5, 4, 5, 6_000_000, time.FixedZone("", 2*60*60))
	if err := Private(c, http.StatusAccepted, gin.H{"at": Time(at), "ended": TimeOf(time.Time{}), "began": TimeOf(at)}); err != nil {
		t.Fatal(err)
	}
	const want = `{"at":"2026-01-02T03:04:05.006Z","began":"2026-01-02T03:04:05.006Z","ended":null}`
	h := w.Header()
	if w.Code != http.StatusAccepted || w.Body.String() != want || h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != JSON {
		t.Errorf("got %d %s %v, want 202 %s", w.Code, w.Body, h, want)
	}
	if err := Private(c, http.StatusOK, func() {}); err == nil {
		t.Error("what JSON cannot spell was answered")
	}
}
