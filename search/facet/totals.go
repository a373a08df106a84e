package facet

// Totals are the counts of a facet over all live documents of a segment.
type Totals struct {
	ids     []uint32 // value ids, each with its count
	counts  []int
	numbers []float64
	several [][]float64
	both    map[float64]int
}

// Totals counts the live documents of a segment, without adding them.
func (p *Plan) Totals(segment int, live []uint32) *Totals {
	one := &Plan{Name: p.Name, columns: p.columns, counts: make([]int, len(p.counts)), dict: p.dict}
	one.Count(segment, live)
	t := &Totals{numbers: one.Numbers, several: one.several, both: one.both}
	for id, n := range one.counts {
		if n > 0 && id > 0 {
			t.ids = append(t.ids, uint32(id))
			t.counts = append(t.counts, n)
		}
	}
	return t
}

// Add adds the counts of all live documents of a segment.
func (p *Plan) Add(t *Totals) {
	for n, id := range t.ids {
		p.counts[id] += t.counts[n]
	}
	p.Numbers = append(p.Numbers, t.numbers...)
	p.several = append(p.several, t.several...)
	for n, count := range t.both {
		if p.both == nil {
			p.both = map[float64]int{}
		}
		p.both[n] += count
	}
}
