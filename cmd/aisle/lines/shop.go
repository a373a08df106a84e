package lines

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/aisle-search/aisle/catalog"
	"github.com/aisle-search/aisle/internal/audit"
)

// Shop maps the lines of a file to what a search of them should find. What cannot be read
// as a product is complained of, and not expected to be found.
func Shop(name string, schema *catalog.Schema, in io.Reader, complain io.Writer) (shop *audit.Shop, err error) {
	file, err := Open(name, in)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	if magic, _ := lines.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(lines)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		lines = bufio.NewReader(unzipped)
	}
	latest := map[catalog.ProductID]audit.Product{} // a later line replaces an earlier one
	for n := 1; err == nil; n++ {
		var line []byte
		if line, err = lines.ReadBytes('\n'); len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		p, bad := readProduct(schema, line)
		switch {
		case bad != nil:
			fmt.Fprintf(complain, "line %d: %s\n", n, bad)
		case p.Visible:
			latest[p.ID] = productOf(p)
		default:
			delete(latest, p.ID)
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	products := make([]audit.Product, 0, len(latest))
	for _, p := range latest {
		products = append(products, p)
	}
	return audit.NewShop(fieldsOf(schema), products), nil
}

func readProduct(schema *catalog.Schema, line []byte) (catalog.Product, error) {
	raw, err := schema.ParseDocument(line)
	if err != nil {
		return catalog.Product{}, err
	}
	return schema.Product(raw)
}

func fieldsOf(schema *catalog.Schema) (fields []audit.Field) {
	kinds := map[catalog.Kind]audit.Kind{
		catalog.KindText: audit.Text, catalog.KindKeyword: audit.Keyword, catalog.KindBool: audit.Bool,
		catalog.KindNumber: audit.Number, catalog.KindMoney: audit.Money, catalog.KindDate: audit.Date,
	}
	for _, f := range schema.Fields() {
		if kind, ok := kinds[f.Kind]; ok { // addresses are only shown
			fields = append(fields, audit.Field{Name: f.Name, Kind: kind, Facet: f.Facet, Sort: f.Sort})
		}
	}
	return fields
}

func productOf(p catalog.Product) audit.Product {
	out := audit.Product{
		ID: string(p.ID), Display: p.AppendDisplay(nil),
		Keywords: map[string][]string{}, Numbers: map[string][]float64{}, Texts: map[string][]string{},
	}
	for _, v := range p.Texts {
		out.Texts[v.Field] = append(out.Texts[v.Field], v.Text)
	}
	for _, v := range p.Keywords {
		out.Keywords[v.Field] = append(out.Keywords[v.Field], v.Text)
	}
	for _, v := range p.Numbers {
		out.Numbers[v.Field] = append(out.Numbers[v.Field], v.Number)
	}
	for _, a := range p.Attributes {
		for _, v := range a.Values {
			switch v.Kind {
			case catalog.KindNumber, catalog.KindMoney, catalog.KindDate:
				out.Numbers[a.Name] = append(out.Numbers[a.Name], v.Number)
			default:
				out.Keywords[a.Name] = append(out.Keywords[a.Name], v.Text)
			}
		}
	}
	return out
}
