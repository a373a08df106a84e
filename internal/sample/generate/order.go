package generate

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

const (
	orderCount    = 3200
	orderDays     = 60
	customerCount = 900
	// alongShare is how often a further line goes with the first.
	alongShare = 0.7
)

// order is a past order; testdata holds its age, so that it can be moved to any
// day.
type order struct {
	ID       string  `json:"id"`
	Customer string  `json:"customer"`
	AgeDays  float64 `json:"age_days"`
	Lines    []line  `json:"lines"`
}

type line struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
	Cents    int64  `json:"unit_cents"`
}

// buyers draws products as customers do.
type buyers struct {
	random   *rand.Rand
	products []product
	sums     []float64 // running sums of popularity
	byKind   map[string][]int
	along    map[string]words // kind to kinds that go with it
}

// orderLines makes all orders, oldest first.
func (s *shop) orderLines(products []product) ([]byte, error) {
	b := s.newBuyers(products)
	var ages []float64
	for range orderCount {
		// A little more towards today: the shop grows.
		age := orderDays * math.Pow(b.random.Float64(), 1.15)
		ages = append(ages, math.Round(age*1e4)/1e4)
	}
	slices.Sort(ages)
	slices.Reverse(ages)
	var out bytes.Buffer
	for i, age := range ages {
		o := order{ID: orderID(age, i), Customer: fmt.Sprintf("c%04d", b.customer()), AgeDays: age, Lines: b.basket()}
		text, err := marshal(o)
		if err != nil {
			return nil, err
		}
		out.Write(text)
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

func (s *shop) newBuyers(products []product) *buyers {
	b := &buyers{random: chance("orders"), byKind: map[string][]int{}, along: map[string]words{}}
	for _, k := range s.kinds {
		b.along[k.Name] = k.GoesWith
	}
	sum := 0.0
	for _, p := range products {
		if p.status != "published" || p.cents == 0 || p.popularity == 0 {
			continue
		}
		b.byKind[p.kind] = append(b.byKind[p.kind], len(b.products))
		b.products = append(b.products, p)
		sum += p.popularity
		b.sums = append(b.sums, sum)
	}
	return b
}

// customer favours regular ones.
func (b *buyers) customer() int {
	return int(customerCount * math.Pow(b.random.Float64(), 1.6))
}

func (b *buyers) basket() []line {
	bought := map[int]bool{}
	first := b.any()
	bought[first] = true
	lines := []line{b.line(first)}
	for range 3 {
		if b.random.Float64() > 0.42 {
			break
		}
		next := b.any()
		if b.random.Float64() < alongShare {
			next = b.companion(first)
		}
		if !bought[next] {
			bought[next] = true
			lines = append(lines, b.line(next))
		}
	}
	return lines
}

// any draws by popularity.
func (b *buyers) any() int {
	return sort.SearchFloat64s(b.sums, b.random.Float64()*b.sums[len(b.sums)-1])
}

// companion is a product that goes with another: each product has a few that it
// is bought with again and again.
func (b *buyers) companion(of int) int {
	p := b.products[of]
	kinds := b.along[p.kind]
	if len(kinds) == 0 {
		return b.any()
	}
	candidates := b.byKind[kinds[b.random.IntN(len(kinds))]]
	if len(candidates) == 0 {
		return b.any()
	}
	favourites := chance("along " + p.group)
	choice := b.random.IntN(3)
	for range choice {
		favourites.Uint64()
	}
	return candidates[favourites.IntN(len(candidates))]
}

func (b *buyers) line(i int) line {
	p := b.products[i]
	quantity := 1
	for p.cents < 2500 && quantity < 6 && b.random.IntN(3) == 0 {
		quantity++
	}
	return line{Product: p.sku, Quantity: quantity, Cents: p.cents}
}

// orderID is a UUID of version 7 whose time is that of the order if today were
// newest: later orders have greater ids.
func orderID(ageDays float64, i int) string {
	ms := newest.UnixMilli() - int64(ageDays*24*3600*1000)
	random := chance(fmt.Sprint("order ", i))
	tail := random.Uint64()&(1<<62-1) | 1<<63
	return fmt.Sprintf("%08x-%04x-7%03x-%04x-%012x", ms>>16, ms&0xffff, random.Uint64()&0xfff, tail>>48, tail&(1<<48-1))
}
