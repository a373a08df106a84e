package search_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aisle-search/aisle/search"
)

// Queries that users of other engines reported as not finding, or not finding
// first, what they should.
func TestReportedQueries(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		titles []string            // ids are p0, p1, …
		first  map[string][]string // query: the ids that must lead, in any order
	}{
		{"part numbers", []string{"NOR.0707-60", "NOR.0707-61", "AA-100MM"}, map[string][]string{
			"NOR.0707-60": {"p0"}, "nor0707-60": {"p0"}, "NOR 0707 60": {"p0"}, "0707-60": {"p0"}, "nor070760": {"p0"},
			"aa100mm": {"p2"}, "AA 100MM": {"p2"}, "nor.0707-61": {"p1"},
		}},
		{"beginnings of codes", []string{"MT-1023", "MT102425", "MT1022535AB", "KT-INS114-DRE"}, map[string][]string{
			"MT102": {"p0", "p1", "p2"}, "KT-INS114": {"p3"}, "ins114": {"p3"},
		}},
		{"units", []string{"HDMI cable 3 m", "HDMI cable 3m", "HDMI cable 30 m", "RAM 16GB"}, map[string][]string{
			"hdmi cable 3m": {"p0", "p1"}, "hdmi 3 meter": {"p0", "p1"}, "hdmi cable 3 metres": {"p0", "p1"}, "ram 16 gb": {"p3"},
		}},
		{"decimals", []string{"Jack 3.5mm", "Lens 35mm", "Screw 5 mm", `SSD 2.5"`, "Firmware 14.2.1.0", "Mathematics 6."}, map[string][]string{
			"3.5mm": {"p0"}, "2.5 inch ssd": {"p3"}, "14.2.1.0": {"p4"}, `"mathematics 6"`: {"p5"}, "jack 3.5 mm": {"p0"},
		}},
		{"joined and split", []string{"Red Bull", "Kit Kat", "Headphones", "Middle-High desk", "WP/KYB fork"}, map[string][]string{
			"redbull": {"p0"}, "kitkat": {"p1"}, "head phones": {"p2"}, "high desk": {"p3"}, "kyb fork": {"p4"}, "kit-kat": {"p1"},
		}},
		{"accents and scripts", []string{"Crème brûlée torch", "كِتَابُ", "Ёлка", "ґрунт", "Cafe\u0301"}, map[string][]string{
			"creme brulee": {"p0"}, "كتاب": {"p1"}, "елка": {"p2"}, "грунт": {"p3"}, "caf\u00e9": {"p4"}, "CRÈME": {"p0"}, "cafe": {"p4"},
		}},
		{"emoji and apostrophes", []string{"🌱plants", "Driver’s gloves"}, map[string][]string{
			"plants": {"p0"}, "driver's gloves": {"p1"}, "drivers gloves": {"p1"},
		}},
		{"stop words", []string{"The Who T-shirt", "No Drip Tap", "IT Crowd DVD", "On-Off Switch", "Vitamin A", "Vitamin B12 for a week"}, map[string][]string{
			"the who": {"p0"}, "no": {"p1"}, "it": {"p2"}, "on off": {"p3"}, "vitamin a": {"p4"},
		}},
		{"partial matches", []string{"Red wireless mouse", "Red scarf", "Mouse pad"}, map[string][]string{
			"red wireless mouse banana": {"p0"}, "red mouse": {"p0"},
		}},
		{"what it is, not what it is for", []string{"Laptop lock", "Lock for laptop, keyed", "Acme Laptop 15", "Laptop sleeve black"}, map[string][]string{
			"laptop": {"p2"}, "laptop lock": {"p0", "p1"}, "laptop sleeve": {"p3"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, x := openTestStore(t, 2)
			var b search.Batch
			for i, title := range test.titles {
				b.Documents = append(b.Documents, search.Document{ID: fmt.Sprintf("p%d", i), Texts: []search.TextValue{{Field: "title", Text: title}}})
			}
			commit(t, x, b)
			for query, want := range test.first {
				got := ids(find(t, s, search.Query{Text: query}))
				lead := slices.Sorted(slices.Values(got[:min(len(got), len(want))]))
				if fmt.Sprint(lead) != fmt.Sprint(want) {
					t.Errorf("%q: got %v, want %v first", query, got, want)
				}
			}
		})
	}
}

// Identifier fields are found in any spelling, digits alone too.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	d := titled("p1", "HP Pavilion")
	d.Texts = append(d.Texts, search.TextValue{Field: "sku", Text: "0884420588030"}, search.TextValue{Field: "sku", Text: "703222"})
	commit(t, x, search.Batch{Documents: []search.Document{d, titled("p2", "HP Pavilion 8844")}})
	for _, q := range []string{"0884420588030", "884420588030", "703222"} {
		if got := ids(find(t, s, search.Query{Text: q})); len(got) == 0 || got[0] != "p1" {
			t.Errorf("%q: got %v, want p1 first", q, got)
		}
	}
}

// A relaxed answer says so; products that match fewer words never stand above
// those that match more.
func TestRelaxed(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	commit(t, x, search.Batch{Documents: []search.Document{titled("a", "Red wireless mouse"), titled("b", "banana banana banana"), titled("c", "Red scarf")}})
	p := find(t, s, search.Query{Text: "red wireless mouse banana"})
	if len(p.Query.Relaxed) == 0 {
		t.Error("the answer does not say that it was relaxed")
	}
	if got := ids(p); got[0] != "a" {
		t.Errorf("got %v, want a first", got)
	}
	if p := find(t, s, search.Query{Text: "scarf"}); len(p.Query.Relaxed) != 0 {
		t.Errorf("a strict answer says %v", p.Query.Relaxed)
	}
}

// Texts without a word browse: they cost what browsing costs.
func TestOperatorsAreText(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	commit(t, x, search.Batch{Documents: []search.Document{titled("a", "song.mp3"), titled("b", "other")}})
	for q, want := range map[string]int{"*": 2, "????": 2, `""`: 2, "*.mp3": 1, "+-&|": 2} {
		if got := find(t, s, search.Query{Text: q}).Total; got != want {
			t.Errorf("%q: got %d, want %d", q, got, want)
		}
	}
}

func coloured(id, colour, brand string) search.Document {
	return search.Document{ID: id, Keywords: []search.KeywordValue{{Field: "attr.colour", Value: colour}, {Field: "brand", Value: brand}}}
}

// counts is a terms facet as text.
func counts(f search.Facet) string {
	var out []string
	for _, v := range f.Values {
		out = append(out, fmt.Sprintf("%s=%d", v.Value, v.Count))
	}
	return strings.Join(out, " ")
}

// A facet's own selection does not shrink its list; other filters do.
func TestMultiSelect(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var b search.Batch
	for i, c := range []struct {
		colour, brand string
		n             int
	}{{"red", "A", 3}, {"red", "B", 2}, {"blue", "A", 4}, {"green", "B", 1}} {
		for j := range c.n {
			b.Documents = append(b.Documents, coloured(fmt.Sprintf("p%d-%d", i, j), c.colour, c.brand))
		}
	}
	commit(t, x, b)
	facets := []string{"attr.colour", "brand"}
	red := search.Filter{Field: "attr.colour", Values: []string{"red"}}
	p := find(t, s, search.Query{Filters: []search.Filter{red}, Facets: facets})
	if got := counts(p.Facets[0]) + "; " + counts(p.Facets[1]); got != "red=5 blue=4 green=1; A=3 B=2" {
		t.Errorf("red: got %s", got)
	}
	p = find(t, s, search.Query{Filters: []search.Filter{red, {Field: "brand", Values: []string{"A"}}}, Facets: facets})
	if got := counts(p.Facets[0]) + "; " + counts(p.Facets[1]); got != "blue=4 red=3; A=3 B=2" {
		t.Errorf("red of A: got %s", got)
	}
	p = find(t, s, search.Query{Filters: []search.Filter{{Field: "attr.colour", Values: []string{"red", "blue"}}}, Facets: facets})
	if p.Total != 9 {
		t.Errorf("red or blue: got %d, want 9", p.Total)
	}
}

// Spellings of one value are one value, in lists and in filters; a product with
// several spellings counts once.
func TestSpellings(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	many := coloured("d", "x", "Samsung")
	many.Keywords = append(many.Keywords, search.KeywordValue{Field: "brand", Value: "SAMSUNG"})
	commit(t, x, search.Batch{Documents: []search.Document{coloured("a", "x", "Samsung"), coloured("b", "x", "SAMSUNG"), coloured("c", "x", " samsung "), many}})
	p := find(t, s, search.Query{Facets: []string{"brand"}, Filters: []search.Filter{{Field: "brand", Values: []string{"sAMSUNG"}}}})
	if p.Total != 4 || len(p.Facets[0].Values) != 1 || p.Facets[0].Values[0].Count != 4 || !p.Facets[0].Values[0].Selected {
		t.Errorf("got total %d and %+v, want 4 and one selected value of 4", p.Total, p.Facets[0].Values)
	}
}

// Range buckets cover all values, whatever their number; numbers are readable
// values where there are few.
func TestNumberFacets(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var b search.Batch
	for i := range 1000 {
		d := search.Document{ID: fmt.Sprint(i), Numbers: []search.NumberValue{{Field: "price", Value: float64(i + 1)}}}
		if i < 3 {
			d.Numbers = append(d.Numbers, search.NumberValue{Field: "attr.display_diagonal", Value: []float64{17, 15.6, 17}[i]})
		}
		b.Documents = append(b.Documents, d)
	}
	commit(t, x, b)
	p := find(t, s, search.Query{Facets: []string{"price", "attr.display_diagonal"}, FacetSize: 4})
	for _, bucket := range p.Facets[0].Buckets {
		filtered := find(t, s, search.Query{Filters: []search.Filter{{Field: "price", Values: []string{fmt.Sprintf("%.0f..%.0f", bucket.From, bucket.To)}}}})
		if bucket.Count != 250 || filtered.Total != 250 {
			t.Errorf("bucket %+v finds %d, want 250", bucket, filtered.Total)
		}
	}
	if got := counts(p.Facets[1]); got != "17=2 15.6=1" {
		t.Errorf("diagonals: got %s, want 17=2 15.6=1", got)
	}
}

// A list that is cut says so and tells how many values there are.
func TestFacetSize(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var b search.Batch
	for i := range 50 {
		b.Documents = append(b.Documents, coloured(fmt.Sprint(i), "x", fmt.Sprintf("brand %02d", i)))
	}
	commit(t, x, b)
	f := find(t, s, search.Query{Facets: []string{"brand"}}).Facets[0]
	if len(f.Values) != 10 || !f.More || f.Distinct != 50 {
		t.Errorf("got %d values, more %v, distinct %d; want 10, true, 50", len(f.Values), f.More, f.Distinct)
	}
	f = find(t, s, search.Query{Facets: []string{"brand"}, FacetSize: 50}).Facets[0]
	if len(f.Values) != 50 || f.More {
		t.Errorf("got %d values, more %v; want 50, false", len(f.Values), f.More)
	}
}

// Sorting by text goes by the whole text, without case and accents.
func TestSortByText(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	commit(t, x, search.Batch{Documents: []search.Document{titled("z", "Zed Alpha"), titled("b", "béta Zulu"), titled("B", "Beta aaa"), titled("a", "Alpha Mike"), {ID: "none"}}})
	if got := fmt.Sprint(ids(find(t, s, search.Query{Sort: "title"}))); got != "[a B b z none]" {
		t.Errorf("ascending: got %s", got)
	}
	if got := fmt.Sprint(ids(find(t, s, search.Query{Sort: "-title"}))); got != "[z b B a none]" {
		t.Errorf("descending: got %s", got)
	}
}

// What is sold out goes last under every sort when the profile says so.
func TestAvailableFirst(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var b search.Batch
	var signals []search.Signal
	for i := 1; i <= 4; i++ {
		id := fmt.Sprint(i)
		b.Documents = append(b.Documents, search.Document{ID: id, Numbers: []search.NumberValue{{Field: "price", Value: float64(i)}}})
		signals = append(signals, search.Signal{ID: id, Tracked: true, Stock: int64(1 - i%2)})
	}
	commit(t, x, b)
	s.SetSignals(signals, nil)
	for _, sort := range []string{"price", ""} {
		if got := fmt.Sprint(ids(find(t, s, search.Query{Sort: sort, Profile: search.ProfileAvailableFirst}))); got != "[2 4 1 3]" {
			t.Errorf("sort %q: got %s, want [2 4 1 3]", sort, got)
		}
	}
}

// Highlights mark the right words, escape the rest and survive any text.
func TestHighlight(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	commit(t, x, search.Batch{Documents: []search.Document{titled("p1", "交换机 路由器"), titled("p2", "🎧 USB-C 3.5mm <b>"), titled("p3", ""), titled("p4", "PCA PCA")}})
	for q, want := range map[string]string{
		"交换机": "<mark>交换机</mark> 路由器",
		"pca": "<mark>PCA</mark> <mark>PCA</mark>",
		"usb": "🎧 <mark>USB</mark>-C 3.5mm &lt;b&gt;",
	} {
		p := find(t, s, search.Query{Text: q, Highlight: true})
		if len(p.Hits) == 0 || len(p.Hits[0].Highlights["title"]) != 1 || p.Hits[0].Highlights["title"][0] != want {
			t.Errorf("%q: got %+v, want %s", q, p.Hits, want)
		}
	}
}

// Attributes with odd names are stored, found, filtered and counted.
func TestAttributeNames(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 2)
	var b search.Batch
	names := []string{"attr.a.b", "attr.Höhe (cm)", "attr.$k", "attr. ", "attr.x\ty", "attr.comma,name"}
	for i, n := range names {
		b.Documents = append(b.Documents, search.Document{ID: fmt.Sprint(i), Keywords: []search.KeywordValue{{Field: n, Value: "v"}}})
	}
	commit(t, x, b)
	for i, n := range names {
		p := find(t, s, search.Query{Filters: []search.Filter{{Field: n, Values: []string{"v"}}}, Facets: []string{n}})
		if got := ids(p); fmt.Sprint(got) != fmt.Sprintf("[%d]", i) {
			t.Errorf("%q: got %v, want %d", n, got, i)
		}
		if len(p.Facets) != 1 || p.Facets[0].Name != n || len(p.Facets[0].Values) != 1 {
			t.Errorf("%q: got facets %+v, want one of it with one value", n, p.Facets)
		}
	}
}

// Invalid queries are refused and name the parameter.
func TestInvalid(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 1)
	commit(t, x, search.Batch{Documents: []search.Document{titled("a", "b")}})
	for field, q := range map[string]search.Query{
		"q":          {Text: strings.Repeat("a", 513)},
		"limit":      {Limit: 101},
		"facet_size": {FacetSize: 201},
		"sort":       {Sort: "description"},
		"profile":    {Profile: "nobody"},
		"facets":     {Facets: []string{"title"}},
		"f.price":    {Filters: []search.Filter{{Field: "price", Values: []string{"cheap"}}}},
		"f.title":    {Filters: []search.Filter{{Field: "title", Values: []string{"x"}}}},
		"f.nobody":   {Filters: []search.Filter{{Field: "nobody", Values: []string{"x"}}}},
		"f.released": {Filters: []search.Filter{{Field: "released", Values: []string{"yesterday"}}}},
	} {
		_, err := s.Search(t.Context(), q)
		var invalid *search.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
	_, err := s.Search(t.Context(), search.Query{Sort: "-relevance"})
	if want := `cannot be "-relevance": relevance has one direction only, best first`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

// A code typed with blanks finds its product alone, as it does typed in any other way.
func TestCodeWithBlanks(t *testing.T) {
	t.Parallel()
	s, x := openTestStore(t, 1)
	b := search.Batch{Documents: []search.Document{titled("a", "Tap NOR.0707-60"), titled("b", "Tap NOR.0707-61"),
		titled("c", "Lamp 2000041743896"), titled("d", "Lamp 2000041743902")}}
	for i := range 20 {
		b.Documents = append(b.Documents, titled(fmt.Sprint(i), "Bulb 60"), titled(fmt.Sprint("n", i), "Set of 2"))
	}
	commit(t, x, b)
	for _, q := range []string{"2 000041 743896", "2000041 743896", "2 0000 4174 3896", "2-000041-743896", "2 - 000041 - 743896"} {
		if p := find(t, s, search.Query{Text: q}); p.Total != 1 || p.Hits[0].ID != "c" || len(p.Query.Relaxed) > 0 {
			t.Errorf("%s: got %d products, first %s, relaxed %v; want c alone", q, p.Total, p.Hits[0].ID, p.Query.Relaxed)
		}
	}
	for _, q := range []string{"NOR.0707-60", "nor070760", "nor0707 60", "NOR 0707 60", "nor 0707-60", "NOR - 0707 - 60", "NOR.0707 -60"} {
		if p := find(t, s, search.Query{Text: q}); p.Total != 1 || p.Hits[0].ID != "a" || len(p.Query.Relaxed) > 0 {
			t.Errorf("%s: got %d products, first %s, relaxed %v; want a alone", q, p.Total, p.Hits[0].ID, p.Query.Relaxed)
		}
	}
}
