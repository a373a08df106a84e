package generate

import (
	"fmt"
	"time"
)

// newest is the day before which all products were released. It is fixed, as
// the files are.
var newest = time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)

const (
	currency     = "EUR"
	defaultTitle = "{brand} {line} {name}{, size}{, colour}"
	defaultTake  = 2
	maxVariants  = 6
)

// product is one document of the shop.
type product struct {
	sku, title, description, brand string
	categories                     []string
	cents                          int64 // 0 is no price
	released, status, ean, image   string
	family                         string // shared by variants; empty without any
	rating                         float64
	tags                           []string
	eco                            bool
	attributes                     map[string]any // text, float64 or bool
	extra                          map[string]any // further members of the document

	kind       string
	group      string  // as family, but never empty
	popularity float64 // how likely it is bought
}

// shop is what the generator works with.
type shop struct {
	kinds   []kind
	brands  map[string]brand
	colours map[string]colour
}

// catalogue makes all products of the kinds, then the odd ones.
func (s *shop) catalogue() ([]product, error) {
	var all []product
	for i := range s.kinds {
		made, err := s.makeKind(&s.kinds[i])
		if err != nil {
			return nil, fmt.Errorf("kind %q: %w", s.kinds[i].Name, err)
		}
		all = append(all, made...)
	}
	for i := range all {
		all[i].ean = ean(i)
	}
	unusual, err := loadData[odd]("odd.yaml")
	if err != nil {
		return nil, err
	}
	for i := range unusual {
		all = append(all, unusual[i].product())
	}
	for i := range all {
		all[i].status = status(&all[i])
	}
	return all, nil
}

// status archives a few products, and keeps a few as drafts.
func status(p *product) string {
	if p.status != "published" || p.popularity <= oddPopularity {
		return p.status
	}
	switch chance("status " + p.sku).IntN(120) {
	case 0:
		return "draft"
	case 1, 2:
		return "archived"
	}
	return p.status
}

func (s *shop) makeKind(k *kind) ([]product, error) {
	var all []product
	used := map[string]bool{}
	for i := range k.Groups {
		random := chance(fmt.Sprintf("%s %d", k.Name, i))
		b, ok := s.brands[k.Brands[i%len(k.Brands)]]
		if !ok {
			return nil, fmt.Errorf("brand %q is not described", k.Brands[i%len(k.Brands)])
		}
		// Each brand begins with another design and goes through all of them.
		d := k.Designs[(i%len(k.Brands)+i/len(k.Brands))%len(k.Designs)]
		g := group{shop: s, kind: k, brand: b, design: d, index: i, random: random}
		if err := g.chooseLine(used); err != nil {
			return nil, err
		}
		made, err := g.products()
		if err != nil {
			return nil, err
		}
		all = append(all, made...)
	}
	return all, nil
}
