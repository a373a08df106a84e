package historycheck

import (
	"slices"
	"testing"
	"time"
)

// told is one step of a made-up history: either a write or a read.
type told struct {
	write *Write
	read  *Read
}

func wrote(version int64, product string, from, to int) told {
	return told{write: &Write{Writer: "w", Version: version, Product: product, Invoked: at(from), Completed: at(to)}}
}

func removed(version int64, product string, from, to int) told {
	w := wrote(version, product, from, to)
	w.write.Removed = true
	return w
}

func at(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }

func read(node string, from, to int, seen map[string]Seen, change ...func(*Read)) told {
	r := &Read{Reader: "r", Node: node, Invoked: at(from), Completed: at(to), Seen: seen}
	for _, c := range change {
		c(r)
	}
	return told{read: r}
}

func demands(n int64) func(*Read)         { return func(r *Read) { r.Demands = map[string]int64{"w": n} } }
func by(reader string) func(*Read)        { return func(r *Read) { r.Reader = reader } }
func echo(r *Read)                        { r.Echo = true }
func stale(r *Read)                       { r.Stale = true }
func kept(r *Read)                        { r.Kept = true }
func recovering(r *Read)                  { r.Recovering = true }
func a(version int64) map[string]Seen     { return map[string]Seen{"a": {Version: version}} }
func gone(product string) map[string]Seen { return map[string]Seen{product: {Absent: true}} }
func ab(va, vb int64) map[string]Seen {
	return map[string]Seen{"a": {Version: va}, "b": {Version: vb}}
}

// Every kind of broken promise is found, and nothing else is called one.
func TestCheck(t *testing.T) {
	t.Parallel()
	two := []told{wrote(1, "a", 0, 10), wrote(2, "a", 20, 30)}
	for _, test := range []struct {
		name  string
		steps []told
		want  []Kind
	}{
		{"all is well", append(two, read("n", 40, 50, a(2), demands(2)), read("n", 60, 70, a(2), demands(2), echo)), nil},
		{"seen before it was acknowledged", append(two, read("n", 21, 25, a(2))), nil},
		{"seen before it was asked for", append(two, read("n", 11, 15, a(2))), []Kind{Unwritten}},
		{"never written", append(two, read("n", 40, 50, a(7))), []Kind{Unwritten}},
		{"a removed version", append(two, removed(3, "a", 31, 32), read("n", 40, 50, a(3))), []Kind{Unwritten}},
		{"gone that was never removed", append(two, read("n", 40, 50, gone("a"), demands(1))), []Kind{OwnWrites}},
		{"not there yet", append(two, read("n", 40, 50, gone("a"))), nil},
		{"own write not seen", append(two, read("n", 40, 50, a(1), demands(2))), []Kind{OwnWrites}},
		{"own write not seen, and said so", append(two, read("n", 40, 50, a(1), demands(2), stale)), nil},
		{"own write not demanded", append(two, read("n", 40, 50, a(1), demands(1))), nil},
		{"own removal not seen", append(two, removed(3, "a", 31, 32), read("n", 40, 50, a(2), demands(3))), []Kind{OwnWrites}},
		{"own removal seen", append(two, removed(3, "a", 31, 32), read("n", 40, 50, gone("a"), demands(3))), nil},
		{"less on another node, not echoed", append(two, read("n", 40, 50, a(2)), read("m", 60, 70, a(1))), nil},
		{"less on another node, echoed", append(two, read("n", 40, 50, a(2)), read("m", 60, 70, a(1), echo)), []Kind{Monotonic}},
		{"the same, stale", append(two, read("n", 40, 50, a(2)), read("m", 60, 70, a(1), echo, stale)), nil},
		{"and again after the stale one", append(two, read("n", 40, 50, a(2)), read("m", 60, 70, a(1), echo, stale), read("m", 80, 90, a(1), echo)), []Kind{Monotonic}},
		{"less, to another reader", append(two, read("n", 40, 50, a(2)), read("m", 60, 70, a(1), echo, by("s"))), nil},
		{"back on one node", append(two, read("n", 40, 50, a(2)), read("n", 60, 70, a(1), by("s"))), []Kind{Order}},
		{"back on one node, at once", append(two, read("n", 40, 50, a(2)), read("n", 45, 70, a(1), by("s"))), nil},
		{"back by a kept answer", append(two, read("n", 40, 50, a(2)), read("n", 60, 70, a(1), by("s"), kept)), nil},
		{"back after removal", append(two, removed(3, "a", 31, 32), read("n", 40, 50, a(2)), read("n", 51, 55, gone("a")), read("n", 60, 70, a(2))), []Kind{Order}},
		{"back after removal and again", append(two, removed(3, "a", 31, 32), wrote(4, "a", 33, 34), read("n", 51, 55, gone("a"), by("s")), read("n", 60, 70, a(4))), nil},
		{"later without earlier", []told{wrote(1, "a", 0, 1), wrote(2, "b", 2, 3), wrote(3, "a", 4, 5), wrote(4, "b", 6, 7), read("n", 8, 9, ab(1, 4))}, []Kind{Prefix}},
		{"the same, after a crash", []told{wrote(1, "a", 0, 1), wrote(2, "b", 2, 3), wrote(3, "a", 4, 5), wrote(4, "b", 6, 7), read("n", 8, 9, ab(1, 4), recovering)}, nil},
		{"earlier without later", []told{wrote(1, "a", 0, 1), wrote(2, "b", 2, 3), wrote(3, "a", 4, 5), wrote(4, "b", 6, 7), read("n", 8, 9, ab(3, 2))}, nil},
		{"later without removal", []told{wrote(1, "a", 0, 1), removed(2, "a", 2, 3), wrote(3, "b", 4, 5), read("n", 8, 9, ab(1, 3))}, []Kind{Prefix}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := kinds(Check(made(test.steps))); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func made(steps []told) *History {
	h := New()
	for _, s := range steps {
		if s.write != nil {
			h.Write(*s.write)
		} else {
			h.Read(*s.read)
		}
	}
	return h
}

func kinds(found []Violation) (kinds []Kind) {
	for _, v := range found {
		kinds = append(kinds, v.Kind)
	}
	return kinds
}

// Of a retired product nothing is known any more; what was seen before counts.
func TestRetire(t *testing.T) {
	t.Parallel()
	h := made([]told{wrote(1, "a", 0, 10), read("n", 20, 30, a(5)), read("n", 40, 50, a(6))})
	h.Retire("a", at(35))
	h.Retire("a", at(60)) // once is enough
	if got := kinds(Check(h)); !slices.Equal(got, []Kind{Unwritten}) {
		t.Errorf("got %v, want one unwritten", got)
	}
	if writes, reads := h.Counts(); writes != 1 || reads != 2 {
		t.Errorf("got %d writes and %d reads", writes, reads)
	}
}
