package schema

import (
	"strings"
	"unicode"
)

// titleField is the field whose text is divided: words that only say what a
// product is for ("laptop" in "laptop lock", or in "lock for laptop") are
// searched as modifiers, with modifierShare of the field's weight. So who looks
// for a laptop finds laptops before their locks.
const (
	titleField    = "title"
	modifierField = titleField + "~"
	modifierShare = 0.3
)

// maxModifiers is how many words before the name of an accessory are taken for
// what it is for.
const maxModifiers = 3

// accessories are English nouns of things that are for other things.
var accessories = wordSet(`accessories accessory adapter adapters adaptor arm backpack bag bags batteries battery bezel
	bracket cable cables cart cartridge cartridges case cases charger chargers cleaner cleaning cooler cord cover covers
	dock docking drum extender filter filters folio guard holder holster hub ink interface kit lens licence license lock
	locks memory module mount mounting mounts outlet pad pads panel paper part parts pillow pouch protector protectors
	remote replacement rest ribbon screen skin sleeve sleeves sling spare stand stands strap stylus support switch tip
	toner tray tripod trolley upgrade warranty`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// splitTitle divides a title into the words that say what the product is and
// those that say what it is for. Every word goes to one of them, in order.
func splitTitle(title string) (head, modifiers string) {
	words := strings.Fields(title)
	modifier := make([]bool, len(words))
	behindFor := false
	for i, w := range words {
		plain := strings.ToLower(strings.TrimFunc(w, notWordRune))
		switch plain {
		case "for":
			behindFor = true
			continue
		case "", "with":
			behindFor = false
		}
		modifier[i] = behindFor
		if accessories[plain] {
			markModifiers(words[:i], modifier)
		}
		if behindFor && plainSuffix(w) != w {
			behindFor = false // a comma or bracket ends what it is for
		}
	}
	return pick(words, modifier, false), pick(words, modifier, true)
}

// markModifiers marks the words right before an accessory's name. Codes, numbers
// and what lies behind a comma or bracket are none.
func markModifiers(before []string, modifier []bool) {
	for n := 0; n < maxModifiers && n < len(before); n++ {
		i := len(before) - 1 - n
		w := before[i]
		plain := strings.ToLower(strings.TrimFunc(w, notWordRune))
		if accessories[plain] {
			continue
		}
		if plain == "" || plain == "with" || plain == "and" || strings.ContainsAny(w, "0123456789,;:()[]") {
			return
		}
		modifier[i] = true
	}
}

// plainSuffix is w without the punctuation at its end.
func plainSuffix(w string) string { return strings.TrimRightFunc(w, notWordRune) }

func notWordRune(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func pick(words []string, modifier []bool, want bool) string {
	var b strings.Builder
	for i, w := range words {
		if modifier[i] == want {
			b.WriteString(w)
			b.WriteByte(' ')
		}
	}
	return strings.TrimRight(b.String(), " ")
}
