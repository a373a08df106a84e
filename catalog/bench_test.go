package catalog

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// manyAttributes makes documents like Icecat's: a dozen declared fields and n
// open attributes, of a third each of text, numbers and bools, with names from
// thousands.
func manyAttributes(t testing.TB, documents, n int) []bson.Raw {
	out := make([]bson.Raw, documents)
	for i := range out {
		d := bson.D{
			{Key: "_id", Value: fmt.Sprint(1000000 + i)}, {Key: "name", Value: fmt.Sprintf("NB-%d/X", i)},
			{Key: "title", Value: fmt.Sprintf("Maker NB-%d/X notebook 39.6 cm (15.6\") 1920 x 1080 pixels 8 GB 256 GB SSD black", i)},
			{Key: "ean", Value: bson.A{fmt.Sprintf("%013d", i)}}, {Key: "supplier", Value: "Maker"}, {Key: "price", Value: int32(49900 + i)},
			{Key: "short_description", Value: "A notebook<br />with a bright display &amp; long battery life, a backlit keyboard, three ports and a card reader."},
			{Key: "date_released", Value: bson.DateTime(1_600_000_000_000)}, {Key: "img_500x500", Value: "https://img.example/500/1.jpg"},
			{Key: "img_thumb", Value: "https://img.example/thumb/1.jpg"}, {Key: "attr_t_product_type", Value: "Notebook"},
		}
		for a := range n {
			name := (i*31 + a*7) % 5000
			switch a % 3 {
			case 0:
				d = append(d, bson.E{Key: fmt.Sprintf("attr_t_property_number_%d", name), Value: "DDR4-SDRAM, SO-DIMM"})
			case 1:
				d = append(d, bson.E{Key: fmt.Sprintf("attr_n_property_number_%d", name), Value: float64(a) * 1.5})
			default:
				d = append(d, bson.E{Key: fmt.Sprintf("attr_b_property_number_%d", name), Value: a%2 == 0})
			}
		}
		out[i] = mustMarshal(t, d)
	}
	return out
}

// BenchmarkProduct is what the mapping of one document costs, by its number of
// attributes; with what the indexer takes from it.
func BenchmarkProduct(b *testing.B) {
	s, err := LoadSchemaFile("../testdata/icecat.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{20, 150} {
		raws := manyAttributes(b, 200, n)
		b.Run(fmt.Sprintf("attributes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				raw := raws[i%len(raws)]
				b.SetBytes(int64(len(raw)))
				if _, err := s.Product(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("encoded/attributes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for i := 0; b.Loop(); i++ {
				p, err := s.Product(raws[i%len(raws)])
				if err != nil {
					b.Fatal(err)
				}
				buf = p.AppendDetail(p.AppendDisplay(buf[:0]))
				_ = p.Digest()
			}
		})
	}
}
