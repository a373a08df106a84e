package reply

import (
	"encoding/json"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/web/encode"
)

// JSON is the content type of answers in JSON.
const JSON = "application/json; charset=utf-8"

// Private answers with JSON that no cache may keep.
func Private(c *gin.Context, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.Header("Cache-Control", "no-store")
	c.Data(status, JSON, body)
	return nil
}

// Time is a time in the contract's spelling.
type Time time.Time

// MarshalJSON writes RFC 3339 in UTC with milliseconds.
func (t Time) MarshalJSON() ([]byte, error) {
	return encode.Time(nil, time.Time(t)), nil
}

// TimeOf is null for a time that never was.
func TimeOf(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	s := Time(t)
	return &s
}
