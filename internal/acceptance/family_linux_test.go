package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// relative is one process of the system; its start tells it from a later one with
// the same id.
type relative struct {
	pid, parent int
	start       string
	name        string
	dead        bool // waits only for its parent to take note
}

func processes() (all []relative) {
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // has ended meanwhile
		}
		// The name stands in brackets and may hold anything.
		open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
		fields := strings.Fields(string(text[end+1:]))
		p := relative{name: string(text[open+1 : end]), start: fields[19], dead: fields[0] == "Z" || fields[0] == "X"}
		p.pid, _ = strconv.Atoi(strings.TrimSpace(string(text[:open])))
		p.parent, _ = strconv.Atoi(fields[1])
		all = append(all, p)
	}
	return all
}

// descendants are the processes below one, and itself.
func descendants(root int) (found []relative) {
	all := processes()
	ids := []int{root}
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if slices.Contains(ids, p.parent) && !slices.Contains(ids, p.pid) {
				ids = append(ids, p.pid)
				grown = true
			}
		}
	}
	for _, p := range all {
		if slices.Contains(ids, p.pid) {
			found = append(found, p)
		}
	}
	return found
}

// alive are those that have not ended.
func alive(those []relative) (left []string) {
	now := processes()
	for _, p := range those {
		same := func(q relative) bool { return q.pid == p.pid && q.start == p.start && !q.dead }
		if slices.ContainsFunc(now, same) {
			left = append(left, fmt.Sprintf("%s (%d)", p.name, p.pid))
		}
	}
	return left
}
