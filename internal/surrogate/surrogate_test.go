package surrogate

import "testing"

// Pairs and everything else that JSON escapes pass; halves are named as they are written.
func TestLone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`: "", `"plain é"`: "", `"\n\"\\\u00e9\uffff"`: "", `"\ud83d\ude00"`: "", `"\uD83D\uDE00x\ud83d\ude00"`: "",
		`"\\ud83d"`: "", `"\\\\ud83d"`: "", `"\"ud83d"`: "",
		`"\ud83d"`: `\ud83d`, `"\uDE00"`: `\uDE00`, `"a\ud83dx\ude00"`: `\ud83d`, `"\ud83d\n"`: `\ud83d`, `"\ude00\ud83d"`: `\ude00`,
		`"\ud83d\ud83d\ude00"`: `\ud83d`, `"\ud83d\ude00\ude00"`: `\ude00`, `"\\\ud83d"`: `\ud83d`, `"\ud83d\u0041"`: `\ud83d`,
		`"\ud83d","\ude00"`: `\ud83d`, `\`: "", `\u`: "", `\ud83`: "", `\uzzzz`: "", `\ud83d`: `\ud83d`, `\ud83d\`: `\ud83d`, `\ud83d\u`: `\ud83d`,
	} {
		if got := Lone([]byte(in)); got != want {
			t.Errorf("Lone(%s) = %q, want %q", in, got, want)
		}
	}
}
