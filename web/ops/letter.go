package ops

import (
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/indexer/progress"
	"github.com/aisle-search/aisle/web/reply"
	"github.com/aisle-search/aisle/web/request"
)

// Bounds of a list of dead letters.
const (
	maxLetters     = 200
	defaultLetters = 50
	maxLetterSkip  = 100_000
	maxLetterID    = 2048 // bytes; row keys are longer than product ids
)

type letterJSON struct {
	Source   string     `json:"source"`
	ID       string     `json:"id"`
	Reason   string     `json:"reason"`
	Position string     `json:"position"`
	At       reply.Time `json:"at"`
	Attempts int        `json:"attempts"`
}

func letterView(l indexer.DeadLetter) letterJSON {
	return letterJSON{l.Source, l.ID, l.Reason, l.Position, reply.Time(l.At), l.Attempts}
}

// Letters lists dead letters, newest first.
func (h *Handlers) Letters(c *gin.Context) error {
	p, err := request.ParseParams(c.Request.URL.RawQuery)
	if err != nil {
		return err
	}
	source, given := p.Text("source")
	if given && !isSource(source) {
		p.Fail("source", "must be catalog or orders")
	}
	skip := p.Integer("offset", 0, maxLetterSkip, 0)
	limit := p.Integer("limit", 1, maxLetters, defaultLetters)
	if err := p.Done(); err != nil {
		return err
	}
	letters, err := h.config.Indexer.DeadLetters(source, skip, limit+1)
	if err != nil {
		return err
	}
	more := len(letters) > limit
	views := make([]letterJSON, min(len(letters), limit))
	for i := range views {
		views[i] = letterView(letters[i])
	}
	return reply.Private(c, http.StatusOK, gin.H{"dead_letters": views, "more": more})
}

// Letter shows one dead letter.
func (h *Handlers) Letter(c *gin.Context) error {
	source, id, err := letterPath(c)
	if err != nil {
		return err
	}
	letter, err := h.config.Indexer.DeadLetter(source, id)
	if err != nil {
		return err
	}
	return reply.Private(c, http.StatusOK, letterView(letter))
}

// ReplayLetter tries a letter again and says whether it went through.
func (h *Handlers) ReplayLetter(c *gin.Context) error {
	source, id, err := letterPath(c)
	if err != nil {
		return err
	}
	if err := h.config.Indexer.ReplayDeadLetter(c.Request.Context(), source, id); err != nil {
		return err
	}
	left, err := h.config.Indexer.DeadLetter(source, id)
	if errors.Is(err, indexer.ErrLetterNotFound) {
		return reply.Private(c, http.StatusOK, gin.H{"applied": true, "dead_letter": nil})
	}
	if err != nil {
		return err
	}
	return reply.Private(c, http.StatusOK, gin.H{"applied": false, "dead_letter": letterView(left)})
}

// DropLetter forgets one; its product stays as the index has it.
func (h *Handlers) DropLetter(c *gin.Context) error {
	source, id, err := letterPath(c)
	if err != nil {
		return err
	}
	if err := h.config.Indexer.DropDeadLetter(source, id); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// letterPath reads which letter the path names. Ids may hold any text, and keys of
// rows hold the separator U+001F, so control characters are taken here.
func letterPath(c *gin.Context) (source, id string, err error) {
	if err := request.Nothing(c); err != nil {
		return "", "", err
	}
	if source, err = request.PathValue(c, "source"); err != nil {
		return "", "", err
	}
	if !isSource(source) {
		return "", "", request.Invalid("source", "must be catalog or orders")
	}
	if id, err = request.PathValue(c, "id"); err != nil {
		return "", "", err
	}
	if id == "" || len(id) > maxLetterID || !utf8.ValidString(id) {
		return "", "", indexer.ErrLetterNotFound
	}
	return source, id, nil
}

func isSource(s string) bool { return s == progress.SourceCatalog || s == progress.SourceOrders }
