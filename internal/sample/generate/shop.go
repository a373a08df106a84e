package generate

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/aisle-search/aisle/internal/sample/picture"
)

// PictureFolder is where the pictures are kept. It holds nothing else.
const PictureFolder = "web/static/products"

// Files returns all generated files by their path in the repository.
func Files() (map[string][]byte, error) {
	s, err := loadShop()
	if err != nil {
		return nil, err
	}
	products, err := s.catalogue()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	if files["testdata/products.jsonl"], err = productLines(products); err != nil {
		return nil, err
	}
	if files["testdata/orders.jsonl"], err = s.orderLines(products); err != nil {
		return nil, err
	}
	if files["testdata/stock.jsonl"], err = stockLines(products); err != nil {
		return nil, err
	}
	if files["testdata/judgments.csv"], err = judgments(products); err != nil {
		return nil, err
	}
	return files, addPictures(files, products)
}

// addPictures draws each picture that a product has.
func addPictures(files map[string][]byte, products []product) error {
	for _, p := range products {
		if p.image == "" {
			continue
		}
		name := strings.TrimPrefix(p.image, imageFolder)
		shape, tint, _ := strings.Cut(strings.TrimSuffix(name, ".svg"), "-")
		svg, err := picture.SVG(shape, tint)
		if err != nil {
			return fmt.Errorf("picture of %q: %w", p.sku, err)
		}
		files[PictureFolder+"/"+name] = svg
	}
	return nil
}

func loadShop() (*shop, error) {
	s := &shop{brands: map[string]brand{}, colours: map[string]colour{}}
	var err error
	if s.kinds, err = loadData[kind]("kinds/*.yaml"); err != nil {
		return nil, err
	}
	brands, err := loadData[brand]("brands.yaml")
	if err != nil {
		return nil, err
	}
	for _, b := range brands {
		s.brands[b.Name] = b
	}
	colours, err := loadData[colour]("colours.yaml")
	if err != nil {
		return nil, err
	}
	for _, c := range colours {
		s.colours[c.Name] = c
	}
	return s, nil
}

func productLines(products []product) ([]byte, error) {
	var b bytes.Buffer
	for i := range products {
		line, err := products[i].jsonLine()
		if err != nil {
			return nil, fmt.Errorf("product %q: %w", products[i].sku, err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}
