package relevance

import (
	"errors"
	"fmt"
)

// ErrNoJudgments: the judgments hold a header and nothing else, or not even
// that.
var ErrNoJudgments = errors.New("relevance: no judgments")

// LineError says what is wrong in a line of a judgments file.
type LineError struct {
	Line   int // from 1
	Reason string
}

func (e *LineError) Error() string { return fmt.Sprintf("relevance: line %d: %s", e.Line, e.Reason) }
