package historycheck

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Kind is a promise that was broken.
type Kind string

// The promises.
const (
	// Unwritten: a version was seen that nobody had written.
	Unwritten Kind = "unwritten"
	// OwnWrites: a write was not seen though the token covered it.
	OwnWrites Kind = "read-your-writes"
	// Monotonic: a reader that echoed its last answer saw less.
	Monotonic Kind = "monotonic-reads"
	// Order: a node showed an earlier version after a later one.
	Order Kind = "prefix-order"
	// Prefix: an answer showed a write of a writer, but not an earlier one of it.
	Prefix Kind = "consistent-prefix"
)

// Violation is one broken promise.
type Violation struct {
	Kind    Kind
	Product string
	Read    Read
	Detail  string
}

func (v Violation) String() string {
	return fmt.Sprintf("%s: %s of %s on %s, asked at %s, answered at %s: %s", v.Kind, v.Product, v.Read.Reader, v.Read.Node,
		v.Read.Invoked.Round(time.Millisecond), v.Read.Completed.Round(time.Millisecond), v.Detail)
}

// checker holds a history by product.
type checker struct {
	writes  map[string][]Write // by product, in order
	owners  map[string]string
	retired map[string]time.Duration
	found   []Violation
}

// Check tells what the history breaks.
func Check(h *History) []Violation {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := &checker{writes: map[string][]Write{}, owners: h.owners, retired: h.retired}
	for _, w := range h.writes {
		c.writes[w.Product] = append(c.writes[w.Product], w)
	}
	for _, r := range h.reads {
		c.written(r)
		c.ownWrites(r)
		c.prefix(r)
	}
	byReader, byNode := map[string][]Read{}, map[string][]Read{}
	for _, r := range h.reads {
		byReader[r.Reader] = append(byReader[r.Reader], r)
		if !r.Kept {
			byNode[r.Node] = append(byNode[r.Node], r)
		}
	}
	for _, reader := range slices.Sorted(maps.Keys(byReader)) {
		c.monotonic(byReader[reader])
	}
	for _, node := range slices.Sorted(maps.Keys(byNode)) {
		c.order(byNode[node])
	}
	return c.found
}

// known are the products of an answer of which something is known.
func (c *checker) known(r Read) (products []string) {
	for product := range r.Seen {
		if at, retired := c.retired[product]; !retired || r.Completed < at {
			products = append(products, product)
		}
	}
	slices.Sort(products)
	return products
}

// fit is the earliest version from least on that looks as what was seen and was
// written when the answer came.
func (c *checker) fit(product string, seen Seen, least int64, until time.Duration) (version int64, ok bool) {
	if seen.Absent && least == 0 {
		return 0, true // before the first write
	}
	writes := c.writes[product]
	least = max(least, seen.Version)
	for n, _ := find(writes, least); n < len(writes) && writes[n].Invoked <= until; n++ {
		w := writes[n]
		if seen.Absent && w.Removed || !seen.Absent && !w.Removed && w.Version == seen.Version {
			return w.Version, true
		}
		if !seen.Absent && w.Version > seen.Version {
			break
		}
	}
	return 0, false
}

// find is where a version is in a product's writes, or would be.
func find(writes []Write, version int64) (n int, is bool) {
	return slices.BinarySearchFunc(writes, version, func(w Write, v int64) int { return cmp.Compare(w.Version, v) })
}

// last is the latest write of a product by its writer up to a version.
func (c *checker) last(product string, until int64) int64 {
	n, is := find(c.writes[product], until)
	if !is {
		n--
	}
	if n >= 0 && n < len(c.writes[product]) {
		return c.writes[product][n].Version
	}
	return 0
}

func (c *checker) tell(kind Kind, product string, r Read, format string, args ...any) {
	c.found = append(c.found, Violation{kind, product, r, fmt.Sprintf(format, args...)})
}

func (s Seen) String() string {
	if s.Absent {
		return "nothing"
	}
	return fmt.Sprintf("version %d", s.Version)
}

func (c *checker) written(r Read) {
	for _, p := range c.known(r) {
		if !c.isWritten(p, r) {
			c.tell(Unwritten, p, r, "%s was never written", r.Seen[p])
		}
	}
}

func (c *checker) isWritten(product string, r Read) bool {
	_, ok := c.fit(product, r.Seen[product], 0, r.Completed)
	return ok
}

func (c *checker) ownWrites(r Read) {
	if r.Stale {
		return
	}
	for _, p := range c.known(r) {
		least := c.last(p, r.Demands[c.owners[p]])
		if _, ok := c.fit(p, r.Seen[p], least, r.Completed); !ok && least > 0 && c.isWritten(p, r) {
			c.tell(OwnWrites, p, r, "the token covers version %d, seen is %s", least, r.Seen[p])
		}
	}
}

// prefix looks within one answer: one who shows the n-th write of a writer shows
// all before it.
func (c *checker) prefix(r Read) {
	if r.Recovering {
		return
	}
	newest := map[string]int64{} // by writer
	from := map[string]string{}
	products := c.known(r)
	for _, p := range products {
		if v, ok := c.fit(p, r.Seen[p], 0, r.Completed); ok && v > newest[c.owners[p]] {
			newest[c.owners[p]], from[c.owners[p]] = v, p
		}
	}
	for _, p := range products {
		owner := c.owners[p]
		least := c.last(p, newest[owner])
		if _, ok := c.fit(p, r.Seen[p], least, r.Completed); !ok && least > 0 && c.isWritten(p, r) {
			c.tell(Prefix, p, r, "%s shows write %d of %s, but of its write %d is seen %s", from[owner], newest[owner], owner, least, r.Seen[p])
		}
	}
}

// monotonic follows one reader: a read that echoes sees no less than the one before.
func (c *checker) monotonic(reads []Read) {
	seen := map[string]int64{}
	for _, r := range reads {
		if r.Stale {
			continue // promises nothing, and its token is not used
		}
		if !r.Echo {
			clear(seen)
		}
		for _, p := range c.known(r) {
			v, ok := c.fit(p, r.Seen[p], seen[p], r.Completed)
			if !ok && c.isWritten(p, r) {
				c.tell(Monotonic, p, r, "version %d was seen before, now %s", seen[p], r.Seen[p])
			}
			if ok {
				seen[p] = v
			}
		}
	}
}

// order follows one process: a read that begins after another has ended sees no less.
func (c *checker) order(reads []Read) {
	type ended struct {
		at      time.Duration
		version int64
	}
	reads = slices.Clone(reads)
	slices.SortStableFunc(reads, func(a, b Read) int { return cmp.Compare(a.Completed, b.Completed) })
	past := map[string][]ended{} // by product, both rising
	for _, r := range reads {
		for _, p := range c.known(r) {
			var least int64
			n, _ := slices.BinarySearchFunc(past[p], r.Invoked, func(e ended, at time.Duration) int { return cmp.Compare(e.at, at) })
			if n > 0 {
				least = past[p][n-1].version
			}
			v, ok := c.fit(p, r.Seen[p], least, r.Completed)
			if !ok && c.isWritten(p, r) {
				c.tell(Order, p, r, "version %d was shown before, now %s", least, r.Seen[p])
			}
			if !ok {
				continue
			}
			if last := len(past[p]) - 1; last < 0 || v > past[p][last].version {
				past[p] = append(past[p], ended{r.Completed, v})
			}
		}
	}
}
