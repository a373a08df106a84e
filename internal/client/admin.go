package client

import (
	"context"
	"net/url"
	"strconv"
)

// Where a server is operated.
const (
	ReindexPath     = "/v1/admin/reindex"
	RollbackPath    = "/v1/admin/rollback"
	VerifyPath      = "/v1/admin/verify"
	DeadLettersPath = "/v1/admin/dead-letters"
)

// Findings count products and name the first of them.
type Findings struct {
	Count int64    `json:"count"`
	IDs   []string `json:"ids"`
}

// Verification is a comparison of an index with its sources.
type Verification struct {
	State      string              `json:"state"`
	DurationMS float64             `json:"duration_ms"`
	Generation uint64              `json:"generation"`
	Products   int64               `json:"products"`
	Signals    int64               `json:"signals"`
	Ranges     int64               `json:"ranges"`
	Reread     int64               `json:"ranges_reread"`
	Positions  map[string]string   `json:"positions"`
	Drift      map[string]Findings `json:"drift"`
	Dead       Findings            `json:"dead_letters"`
	Unsettled  int64               `json:"unsettled"`
	Repaired   int64               `json:"repaired"`
	Remaining  int64               `json:"remaining"`
	Error      string              `json:"error"`
}

// Letter is a dead letter.
type Letter struct {
	Source   string `json:"source"`
	ID       string `json:"id"`
	Reason   string `json:"reason"`
	Position string `json:"position"`
	At       string `json:"at"`
	Attempts int    `json:"attempts"`
}

// lettersPage is how many dead letters are asked for at once.
const lettersPage = 200

// EachLetter calls f with every dead letter, newest first; only those of one source
// unless that is empty.
func (c *Client) EachLetter(ctx context.Context, source string, f func(Letter)) error {
	query := url.Values{"limit": {strconv.Itoa(lettersPage)}}
	if source != "" {
		query.Set("source", source)
	}
	for offset := 0; ; offset += lettersPage {
		query.Set("offset", strconv.Itoa(offset))
		var page struct {
			Letters []Letter `json:"dead_letters"`
			More    bool     `json:"more"`
		}
		if err := c.Get(ctx, DeadLettersPath, query, &page); err != nil {
			return err
		}
		for _, l := range page.Letters {
			f(l)
		}
		if !page.More {
			return nil
		}
	}
}
