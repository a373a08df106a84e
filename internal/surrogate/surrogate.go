package surrogate

import (
	"bytes"
	"strconv"
	"unicode/utf16"
)

// escapeLength is that of \uXXXX, in bytes.
const escapeLength = 6

// Lone gives the first escape in JSON text that is half of a surrogate pair, as it is
// written there, or nothing. The JSON is valid, or whatever is wrong with it is found
// elsewhere.
func Lone(text []byte) string {
	for {
		at := bytes.IndexByte(text, '\\')
		if at < 0 || at+1 == len(text) {
			return ""
		}
		text = text[at:]
		first := unit(text)
		switch {
		case first < 0: // another escape, of two characters as far as it matters
			text = text[2:]
			continue
		case !utf16.IsSurrogate(first):
		case utf16.DecodeRune(first, unit(text[escapeLength:])) == '\uFFFD':
			return string(text[:escapeLength])
		default:
			text = text[escapeLength:]
		}
		text = text[escapeLength:]
	}
}

// unit is what the escape at the beginning of text stands for, -1 if there is none.
func unit(text []byte) rune {
	if len(text) < escapeLength || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(text[2:escapeLength]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
