package postgres

import (
	"fmt"
	"strconv"
	"strings"
)

// LSN is a position in Postgres' write-ahead log.
type LSN uint64

// String writes the position as Postgres does: "16/B374D848".
func (l LSN) String() string {
	return fmt.Sprintf("%X/%X", uint32(l>>32), uint32(l))
}

// ParseLSN reads what String writes: two groups of one to eight hexadecimal
// digits. Nothing else is taken.
func ParseLSN(s string) (LSN, error) {
	high, low, ok := strings.Cut(s, "/")
	if !ok {
		return 0, fmt.Errorf("parse LSN %.40q: no slash", s)
	}
	h, err := parseHalf(high)
	if err != nil {
		return 0, fmt.Errorf("parse LSN %.40q: %w", s, err)
	}
	l, err := parseHalf(low)
	if err != nil {
		return 0, fmt.Errorf("parse LSN %.40q: %w", s, err)
	}
	return LSN(h<<32 | l), nil
}

func parseHalf(s string) (uint64, error) {
	if len(s) > 8 || strings.ContainsAny(s, "+-_") {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return 0, strconv.ErrSyntax
	}
	return n, nil
}
