package facet

import "math"

// division divides a range of numbers into buckets of equal width.
type division struct {
	least, most float64
	width       float64
	size        int
	below       float64 // numbers from here on are not counted
}

func newDivision(least, most float64, size int, whole bool) division {
	d := division{least: least, most: most, width: (most - least) / float64(size), size: size, below: math.Inf(1)}
	if whole {
		d.width = math.Ceil((most - least + 1) / float64(size))
	}
	return d
}

// place is the bucket of a number within the range.
func (d *division) place(n float64) int {
	if d.width <= 0 {
		return 0
	}
	i := int((n - d.least) / d.width)
	return min(i, d.size-1)
}

// count counts numbers by bucket, with the least and largest of each.
func (d *division) count(numbers []float64) []Bucket {
	counted := make([]Bucket, d.size)
	for _, n := range numbers {
		if n >= d.below {
			continue
		}
		b := &counted[d.place(n)]
		if b.Count == 0 {
			b.From, b.To = n, n
		}
		b.From, b.To = min(b.From, n), max(b.To, n)
		b.Count++
	}
	return counted
}

// buckets makes a facet's buckets of those counted.
func (d *division) buckets(counted []Bucket, whole bool) []Bucket {
	out := make([]Bucket, 0, len(counted))
	for i, b := range counted {
		if whole {
			b.From = d.least + d.width*float64(i)
			b.To = min(b.From+d.width-1, d.most)
			if b.From > d.most {
				break
			}
		} else if b.Count == 0 {
			continue
		}
		out = append(out, b)
	}
	return out
}

// tail finds the number from which on the largest tenth begins, how many are below
// it, and the largest of those. Only the numbers of its bucket are looked at again.
func (d *division) tail(numbers []float64, counted []Bucket) (most float64, below int, last float64) {
	want := len(numbers) * 9 / 10
	i := 0
	for ; below+counted[i].Count <= want; i++ {
		below += counted[i].Count
		if counted[i].Count > 0 {
			last = counted[i].To
		}
	}
	within := make([]float64, 0, counted[i].Count)
	for _, n := range numbers {
		if n >= counted[i].From && n <= counted[i].To {
			within = append(within, n)
		}
	}
	most = nth(within, want-below)
	for _, n := range within {
		if n < most {
			if below++; below == 1 || n > last {
				last = n
			}
		}
	}
	return most, below, last
}
