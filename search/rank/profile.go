package rank

import (
	"fmt"
	"math"
	"time"

	"github.com/aisle-search/aisle/search/signal"
)

// Profile is a named set of ranking weights. The zero Profile ranks by text
// alone.
type Profile struct {
	// Freshness, 0..0.9, is how much of its score an endlessly old product loses;
	// half of it is lost after HalfLife. Products without a date count as old.
	Freshness float64
	HalfLife  time.Duration
	// SoldOut, 0..1, is the factor for products whose stock is known to be gone; 0
	// means 1.
	SoldOut float64
	// Popularity, 0..4, is what an endlessly popular product gains; half of it is
	// gained at PopularityScale pieces sold in 30 days.
	Popularity      float64
	PopularityScale float64
	// AvailableFirst puts what can be bought first under every sort.
	AvailableFirst bool
}

// Built-in profiles.
const (
	Default        = "default"         // text with gentle factors
	TextAlone      = "text"            // text alone
	AvailableFirst = "available-first" // default, and sold-out products last under every sort
)

// DateField is the field that freshness is measured by.
const DateField = "released"

// Profiles adds profiles to the built-in ones and checks them.
func Profiles(extra map[string]Profile) (map[string]Profile, error) {
	standard := Profile{Freshness: 0.1, HalfLife: 2 * 365 * 24 * time.Hour, SoldOut: 0.6, Popularity: 0.25, PopularityScale: 50}
	first := standard
	first.AvailableFirst = true
	all := map[string]Profile{Default: standard, TextAlone: {}, AvailableFirst: first}
	for name, p := range extra {
		if err := p.validate(); err != nil {
			return nil, fmt.Errorf("profile %q: %w", name, err)
		}
		all[name] = p
	}
	return all, nil
}

func (p Profile) validate() error {
	within := func(name string, v, lo, hi float64) error {
		if !(v >= lo && v <= hi) {
			return fmt.Errorf("%s: %v is not in %v..%v", name, v, lo, hi)
		}
		return nil
	}
	for _, err := range []error{
		within("freshness", p.Freshness, 0, 0.9), within("sold_out", p.SoldOut, 0, 1),
		within("popularity", p.Popularity, 0, 4), within("popularity_scale", p.PopularityScale, 0, math.MaxInt32),
	} {
		if err != nil {
			return err
		}
	}
	if p.Freshness > 0 && p.HalfLife <= 0 {
		return fmt.Errorf("half_life: %v is not above 0", p.HalfLife)
	}
	return nil
}

// Factors are what a text score is multiplied by.
type Factors struct{ Freshness, Availability, Popularity float64 }

// Product is all factors together.
func (f Factors) Product() float64 { return f.Freshness * f.Availability * f.Popularity }

// Most is the largest product that factors can have where no product has sold more
// than so many.
func (p *Profile) Most(sold30 int32) float64 { return p.popularity(signal.Value{Sold30: sold30}) }

// AtMost is the largest product of factors that a product can have, whatever its
// age.
func (p *Profile) AtMost(s signal.Value) float64 {
	return p.availability(s) * p.popularity(s)
}

// availability is the factor of what is sold out.
func (p *Profile) availability(s signal.Value) float64 {
	if p.SoldOut > 0 && s.SoldOut() {
		return p.SoldOut
	}
	return 1
}

// popularity is the factor of what was sold.
func (p *Profile) popularity(s signal.Value) float64 {
	if p.Popularity > 0 && s.Sold30 > 0 {
		sold := float64(s.Sold30)
		return 1 + p.Popularity*sold/(sold+p.PopularityScale)
	}
	return 1
}

// Factors of a product. released is in milliseconds since 1970, NaN when
// unknown.
func (p *Profile) Factors(released float64, s signal.Value, instant time.Time) Factors {
	f := Factors{Freshness: 1, Availability: p.availability(s), Popularity: p.popularity(s)}
	if p.Freshness > 0 {
		f.Freshness = 1 - p.Freshness
		if !math.IsNaN(released) {
			age := max(0, float64(instant.UnixMilli())-released)
			f.Freshness += p.Freshness * math.Exp2(-age/float64(p.HalfLife.Milliseconds()))
		}
	}
	return f
}
