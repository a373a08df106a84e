package analysis

import (
	"strings"
	"testing"
)

// titles are of the kinds that shops write.
func titles() []string {
	return []string{
		"HP Pavilion dv7-1211ea Notebook Silver 43.2 cm (17\") 1440 x 900 pixels Core 2 Duo 4 GB DDR2-SDRAM 250 GB HDD",
		"Toner cartridge original black 6 pieces for office printers",
		"StarTech.com 3 ft Cat5e Purple Molded RJ45 UTP Patch Cable - 3ft Patch Cord",
		"Wireless ergonomic keyboard and mouse set with numeric keypad, black",
		"Kids' waterproof winter jacket with hood, removable lining and reflective stripes",
		"Stainless steel kettle 1.7 l, 2200 W, cordless with automatic switch-off",
		"Leather phone case for Galaxy S10 with card slots and stand function",
	}
}

func BenchmarkTokens(b *testing.B) {
	for name, texts := range map[string][]string{
		"ascii":  titles(),
		"accent": {strings.ReplaceAll(strings.Join(titles(), " "), "e", "é")},
		"han":    {strings.Repeat("交换机 路由器 电源线 ", 20)},
	} {
		b.Run(name, func(b *testing.B) {
			a := newAnalyzer(b)
			size := 0
			for _, text := range texts {
				size += len(text)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var tokens []Token
			for b.Loop() {
				for _, text := range texts {
					tokens = a.Tokens(tokens[:0], text)
				}
			}
		})
	}
}

func BenchmarkQuery(b *testing.B) {
	s := newShelf(b, titles()...)
	for name, query := range map[string]string{
		"words": "wireless keyboards", "code": "dv7-1211ea", "units": `17" notebook 4 gb`, "title": titles()[0],
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.a.Query(query, s)
			}
		})
	}
}

func BenchmarkFold(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Fold("Samsung Electronics")
		Fold("Nestlé")
	}
}
