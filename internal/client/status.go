package client

import "context"

// StatusPath is where a server tells of itself.
const StatusPath = "/v1/status"

// Status is what a server says of itself.
type Status struct {
	Generation uint64         `json:"generation"`
	Documents  int            `json:"documents"`
	Sources    []SourceStatus `json:"sources"`
	Reindex    *Rebuild       `json:"reindex"` // the last one; nil before the first
}

// SourceStatus is one source as a server follows it.
type SourceStatus struct {
	Name        string `json:"name"`
	State       string `json:"state"`
	Reason      string `json:"reason"`
	Pending     int    `json:"pending_events"`
	DeadLetters int    `json:"dead_letters"`
}

// Rebuild is a rebuild or a rollback.
type Rebuild struct {
	Kind       string  `json:"kind"`
	State      string  `json:"state"`
	Phase      string  `json:"phase"`
	Generation uint64  `json:"generation"`
	Done       int64   `json:"done"`
	Total      int64   `json:"total"`
	Share      float64 `json:"share"`
	Rate       float64 `json:"rate"`
	LeftMS     float64 `json:"left_ms"`
	StartedAt  string  `json:"started_at"`
	Error      string  `json:"error"`
}

// Status asks a server of itself.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	err := c.Get(ctx, StatusPath, nil, &s)
	return s, err
}

// Quiet tells whether every source is followed and has nothing left to apply.
func (s Status) Quiet() bool {
	for _, source := range s.Sources {
		if source.State != "streaming" || source.Pending != 0 {
			return false
		}
	}
	return true
}
