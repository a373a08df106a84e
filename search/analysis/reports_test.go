package analysis

import (
	"slices"
	"testing"
)

// finding is a query and the products it must find.
type finding struct {
	query string
	want  []int // found, in any order, before all others
	never []int // must not be found
}

// check ensures that the wanted products come first.
func check(t *testing.T, texts []string, findings []finding) {
	t.Helper()
	s := newShelf(t, texts...)
	for _, f := range findings {
		t.Run(f.query, func(t *testing.T) {
			t.Parallel()
			got := s.search(f.query)
			first := slices.Clone(got[:min(len(got), len(f.want))])
			slices.Sort(first)
			if !slices.Equal(first, f.want) {
				t.Errorf("search(%q) = %v, want %v first\nconcepts: %v", f.query, got, f.want, s.a.Query(f.query, s))
			}
			for _, n := range f.never {
				if slices.Contains(got, n) {
					t.Errorf("search(%q) = %v, want without %d", f.query, got, n)
				}
			}
		})
	}
}

// Part numbers are found in every spelling of their connectors (D1, D3).
func TestPartNumbers(t *testing.T) {
	t.Parallel()
	texts := []string{
		0: "NOR.0707-60", 1: "NOR.0707-61", 2: "AA-100MM", 3: "MT-1023", 4: "MT102425", 5: "MT1022535AB",
		6: "KT-INS114-DRE", 7: "AA batteries 100 pieces 5 MM thick", 8: "code:QC5070/80", 9: "NOR 0808 60",
		10: "code:EC.J6000.001", 11: "HP dv7-1211ea Notebook", 12: "EVGA GTX 1080 Ti", 13: "Canon BCI_6Y",
		14: "code:WD 10.50 EZ", 15: "StarTech Cat 5e patch cable", 16: "Cat5e patch cord", 17: "PlayStation PS 4",
		18: "PlayStation PS4", 19: "Sony WH-1000XM4/B", 20: "code:45.1234.78", 21: "Roller 4179B002AA", 22: "USB3 hub",
		23: "Ribbon TM-U200/U210/U220/U230/U300/U375/U380",
	}
	check(t, texts, []finding{
		{query: "NOR.0707-60", want: []int{0}}, {query: "nor0707-60", want: []int{0}},
		{query: "NOR 0707 60", want: []int{0}}, {query: "0707-60", want: []int{0}},
		{query: "nor070760", want: []int{0}}, {query: "nor-0707", want: []int{0, 1}},
		{query: "NOR/0707.60", want: []int{0}}, {query: "nor 0707-60", want: []int{0}},
		{query: "NOR_0707_60", want: []int{0}}, {query: "070760", want: []int{0}},
		{query: "nor080860", want: []int{9}}, {query: "nor.0808-60", want: []int{9}},
		{query: "aa100mm", want: []int{2}}, {query: "aa-100mm", want: []int{2}},
		{query: "AA 100mm", want: []int{2}}, {query: "AA 100 MM", want: []int{2}}, {query: "aa/100 mm", want: []int{2}},
		{query: "MT102", want: []int{3, 4, 5}}, {query: "mt-102", want: []int{3, 4, 5}},
		{query: "MT 102", want: []int{3, 4, 5}}, {query: "mt1023", want: []int{3}}, {query: "MT 1023", want: []int{3}},
		{query: "mt 102425", want: []int{4}}, {query: "mt-102425", want: []int{4}}, {query: "1022535ab", want: []int{5}},
		{query: "mt 1022535 ab", want: []int{5}}, {query: "mt-1022535-ab", want: []int{5}},
		{query: "KT-INS114", want: []int{6}}, {query: "ins114", want: []int{6}}, {query: "ktins114", want: []int{6}},
		{query: "kt ins 114", want: []int{6}}, {query: "ins114-dre", want: []int{6}}, {query: "INS114DRE", want: []int{6}},
		{query: "kt/ins114/dre", want: []int{6}}, {query: "KTINS114DRE", want: []int{6}}, {query: "ins-114", want: []int{6}},
		{query: "qc5070", want: []int{8}}, {query: "qc 5070/80", want: []int{8}}, {query: "QC507080", want: []int{8}},
		{query: "EC.J6000.001", want: []int{10}}, {query: "ecj6000001", want: []int{10}},
		{query: "EC J6000 001", want: []int{10}}, {query: "ec-j6000-001", want: []int{10}}, {query: "j6000.001", want: []int{10}},
		{query: "dv7 1211ea", want: []int{11}}, {query: "dv71211ea", want: []int{11}}, {query: "dv7-1211", want: []int{11}},
		{query: "gtx1080ti", want: []int{12}}, {query: "gtx 1080ti", want: []int{12}}, {query: "gtx-1080-ti", want: []int{12}},
		{query: "gtx1080", want: []int{12}}, {query: "bci6y", want: []int{13}}, {query: "BCI-6Y", want: []int{13}},
		{query: "wd1050ez", want: []int{14}}, {query: "WD10.50EZ", want: []int{14}}, {query: "wd-10.50-ez", want: []int{14}},
		{query: "cat5e", want: []int{15, 16}}, {query: "cat 5e", want: []int{15, 16}}, {query: "cat-5e", want: []int{15, 16}},
		{query: "ps4", want: []int{17, 18}}, {query: "ps 4", want: []int{17, 18}}, {query: "ps-4", want: []int{17, 18}},
		{query: "wh1000xm4", want: []int{19}}, {query: "wh-1000 xm4", want: []int{19}}, {query: "WH 1000XM4", want: []int{19}},
		{query: "45123478", want: []int{20}}, {query: "45 1234 78", want: []int{20}}, {query: "45-1234-78", want: []int{20}},
		{query: "45.1234.78", want: []int{20}}, {query: "aa", want: []int{2, 7}, never: []int{21}}, {query: "usb hub", want: []int{22}},
		{query: "002AA", want: []int{21}}, {query: "4179 b 002 aa", want: []int{21}}, {query: "4179b002", want: []int{21}},
		{query: "u375", want: []int{23}}, {query: "tm u380", want: []int{23}}, {query: "114", want: []int{6}},
	})
}

// Article numbers are found with and without their leading zeros (D14).
func TestArticleNumbers(t *testing.T) {
	t.Parallel()
	texts := []string{
		0: "code:0884420588030", 1: "code:703222", 2: "code:884420588047", 3: "code:978-3-16-148410-0",
		4: "code:00012345678905", 5: "code:4006381333931", 6: "lamp 703 222 lumen",
	}
	check(t, texts, []finding{
		{query: "0884420588030", want: []int{0}}, {query: "884420588030", want: []int{0}},
		{query: "0 884420 588030", want: []int{0}}, {query: "0-884420-588030", want: []int{0}},
		{query: "00884420588030", want: []int{0}}, {query: "0884420", want: []int{0, 2}},
		{query: "703222", want: []int{1}}, {query: "0884420588047", want: []int{2}},
		{query: "9783161484100", want: []int{3}}, {query: "978-3-16-148410-0", want: []int{3}},
		{query: "978 3 16 148410 0", want: []int{3}}, {query: "12345678905", want: []int{4}},
		{query: "012345678905", want: []int{4}}, {query: "4006381333931", want: []int{5}}, {query: "7032", want: []int{1}},
	})
}

// Numbers with units are found in every spelling of the unit (D4, D5).
func TestUnits(t *testing.T) {
	t.Parallel()
	texts := []string{
		0: "HDMI cable 3 m", 1: "HDMI cable 3m", 2: "HDMI cable 30 m", 3: "RAM 16GB", 4: "Jack 3.5mm", 5: "Lens 35mm",
		6: "Screw 5 mm", 7: `SSD 2.5"`, 8: "Firmware 14.2.1.0", 9: "Mathematics 6.", 10: `Laptop 43.2 cm (17")`,
		11: "Monitor 1440 x 900 pixels", 12: "Tripod 1,5 kg", 13: "Powerbank 10,000 mAh", 14: "Bulb 800 lm 9W E27",
		15: "Camera 12.1 Megapixel", 16: "Rug 120 × 170 cm", 17: "Windows 64-bit", 18: "TV 16:9", 19: "Wire 1.5 mm²",
		20: "Oven 230 °C", 21: `Trs plug 1/4"`, 22: "Shelf 5½ inch", 23: "Drive 1 TB", 24: "Mouse 1000 dpi",
		25: "Charger 5V/2.4A", 26: "Fan 1,200 rpm", 27: "Kettle 1.7-litre", 28: "Tea 500 g", 29: "Toner 6 pc(s)", 30: "Akku 20.000 mAh",
	}
	check(t, texts, []finding{
		{query: "hdmi cable 3m", want: []int{0, 1}, never: []int{2}}, {query: "hdmi 3 meter", want: []int{0, 1}, never: []int{2}},
		{query: "hdmi 3 metres", want: []int{0, 1}}, {query: "hdmi 3-m", want: []int{0, 1}}, {query: "300cm hdmi", want: []int{0, 1}},
		{query: "hdmi 3.0 m", want: []int{0, 1}}, {query: "hdmi 3", want: []int{0, 1}, never: []int{2}},
		{query: "ram 16 gb", want: []int{3}}, {query: "16 gigabytes ram", want: []int{3}}, {query: "16-GB ram", want: []int{3}},
		{query: "3.5mm", want: []int{4}, never: []int{5}}, {query: "3,5 mm", want: []int{4}, never: []int{5}},
		{query: "3.5 millimeter", want: []int{4}}, {query: "35mm", want: []int{5}, never: []int{4}},
		{query: "5mm screw", want: []int{6}}, {query: "2.5 inch ssd", want: []int{7}}, {query: "2.5-inch ssd", want: []int{7}},
		{query: "ssd 2.5in", want: []int{7}}, {query: "2,5 zoll ssd", want: []int{7}}, {query: "ssd 2.5''", want: []int{7}},
		{query: "ssd 2.5”", want: []int{7}}, {query: "ssd 2½″", want: []int{7}}, {query: `2.5" ssd`, want: []int{7}},
		{query: "14.2.1.0", want: []int{8}}, {query: "firmware 14.2", want: []int{8}}, {query: `"mathematics 6"`, want: []int{9}},
		{query: "'mathematics 6'", want: []int{9}}, {query: "“mathematics 6”", want: []int{9}}, {query: "mathematics 6.", want: []int{9}},
		{query: "17 laptop", want: []int{10}}, {query: `laptop 17"`, want: []int{10}}, {query: "17-inch laptop", want: []int{10}},
		{query: "43.2cm laptop", want: []int{10}}, {query: "432 mm laptop", want: []int{10}}, {query: "17 in laptop", want: []int{10}},
		{query: "1440x900", want: []int{11}}, {query: "1440 × 900", want: []int{11}}, {query: "1440 X 900 px monitor", want: []int{11}},
		{query: "1.5kg tripod", want: []int{12}}, {query: "tripod 1500 g", want: []int{12}}, {query: "10000mah", want: []int{13}},
		{query: "10.000 mAh powerbank", want: []int{13}}, {query: "2.5-inch-ssd", want: []int{7}}, {query: "16gb-ram", want: []int{3}}, {query: "powerbank 10 Ah", want: []int{13}},
		{query: "bulb 800 lumens", want: []int{14}}, {query: "9 watt bulb", want: []int{14}}, {query: "12.1mp camera", want: []int{15}},
		{query: "120x170", want: []int{16}}, {query: "rug 120 x 170cm", want: []int{16}}, {query: "rug 120cm x 170cm", want: []int{16}},
		{query: "64 bit windows", want: []int{17}}, {query: "64bit", want: []int{17}}, {query: "16:9 tv", want: []int{18}},
		{query: "1.5mm2 wire", want: []int{19}}, {query: "1,5 mm² wire", want: []int{19}}, {query: "230c oven", want: []int{20}},
		{query: "230 degrees oven", want: nil}, {query: "1/4 inch plug", want: []int{21}}, {query: "0.25 in plug", want: []int{21}},
		{query: "5 1/2 inch shelf", want: []int{22}}, {query: "5.5in shelf", want: []int{22}}, {query: "1000 gb drive", want: []int{23}},
		{query: "1tb", want: []int{23}}, {query: "1000dpi mouse", want: []int{24}}, {query: "5 volt charger", want: []int{25}},
		{query: "2.4 amp charger", want: []int{25}}, {query: "1200 rpm", want: []int{26}}, {query: "1.7 liter kettle", want: []int{27}},
		{query: "1.7l kettle", want: []int{27}}, {query: "0.5kg tea", want: []int{28}}, {query: "6 pieces toner", want: []int{29}},
		{query: "20000mah", want: []int{30}}, {query: "akku 20,000 mah", want: []int{30}}, {query: "akku 20 ah", want: []int{30}},
	})
}

// Joined and split words find each other, and so do halves of hyphenated words
// (D6).
func TestJoinedAndSplit(t *testing.T) {
	t.Parallel()
	texts := []string{
		0: "Red Bull", 1: "Kit Kat", 2: "Headphones", 3: "Middle-High desk", 4: "WP/KYB fork", 5: "Wi-Fi router",
		6: "Wifi stick", 7: "Wi Fi repeater", 8: "Head set with cable", 9: "Headset wired", 10: "Smart watch",
		11: "Smartwatch", 12: "T-shirt", 13: "S/PDIF cable", 14: "AT&T modem", 15: "Rock'n'Roll poster", 16: "2-in-1 tablet",
		17: "Red wine", 18: "USB-C hub", 19: "L'Oréal shampoo",
		20: "T Shirt blue", 21: "Xbox", 22: "X Box",
	}
	check(t, texts, []finding{
		{query: "redbull", want: []int{0}}, {query: "red-bull", want: []int{0}}, {query: "kitkat", want: []int{1}}, {query: "kit-kat", want: []int{1}},
		{query: "kit kat", want: []int{1}}, {query: "head phones", want: []int{2}}, {query: "head-phone", want: []int{2}},
		{query: "high desk", want: []int{3}}, {query: "middle desk", want: []int{3}}, {query: "middlehigh", want: []int{3}},
		{query: "kyb fork", want: []int{4}}, {query: "wp fork", want: []int{4}}, {query: "wp/kyb", want: []int{4}},
		{query: "wifi", want: []int{5, 6, 7}}, {query: "wi-fi", want: []int{5, 6, 7}}, {query: "wi fi", want: []int{5, 6, 7}},
		{query: "headset", want: []int{8, 9}}, {query: "head set", want: []int{8, 9}}, {query: "head-set", want: []int{8, 9}},
		{query: "smartwatch", want: []int{10, 11}}, {query: "smart watches", want: []int{10, 11}}, {query: "smart-watch", want: []int{10, 11}},
		{query: "tshirt", want: []int{12, 20}}, {query: "t shirts", want: []int{12, 20}}, {query: "t-shirts", want: []int{12, 20}},
		{query: "xbox", want: []int{21, 22}}, {query: "x box", want: []int{21, 22}}, {query: "x-box", want: []int{21, 22}},
		{query: "spdif", want: []int{13}}, {query: "s/pdif", want: []int{13}}, {query: "att modem", want: []int{14}},
		{query: "at&t", want: []int{14}}, {query: "rock n roll", want: []int{15}}, {query: "rock’n’roll", want: []int{15}},
		{query: "2in1 tablet", want: []int{16}}, {query: "2 in 1", want: []int{16}}, {query: "usbc", want: []int{18}},
		{query: "usb c", want: []int{18}}, {query: "loreal", want: []int{19}}, {query: "l’oreal", want: []int{19}}, {query: "oreal", want: []int{19}},
	})
}

// Accents, vowel signs, width and letter variants fold both ways (D8), and emoji
// and apostrophes separate (D9, C7).
func TestFoldingAndScripts(t *testing.T) {
	t.Parallel()
	texts := []string{
		0: "Crème brûlée torch", 1: "كِتَابُ", 2: "Ёлка", 3: "ґрунт", 4: "Cafe\u0301 au lait", 5: "🌱plants", 6: "Driver’s gloves",
		7: "交换机 路由器", 8: "🎧 USB-C 3.5mm", 9: "Straße", 10: "ＡＢＣ１２３", 11: "İstanbul çanta", 12: "Smørrebrød æble",
		13: "กาแฟเย็น", 14: "ﬁne ﬂour", 15: "가방 노트북", 16: "हिन्दी किताब", 17: "Naïve coöperation", 18: "ノートパソコン",
		19: "電源ケーブル", 20: "μSD card", 21: "Ελλάς χάρτης", 22: "йогурт", 23: "٣ أقلام", 24: "Łódź", 25: "Kids' bike", 26: "茶",
	}
	check(t, texts, []finding{
		{query: "creme brulee", want: []int{0}}, {query: "CRÈME BRÛLÉE", want: []int{0}}, {query: "cre\u0300me", want: []int{0}},
		{query: "كتاب", want: []int{1}}, {query: "елка", want: []int{2}}, {query: "ёлка", want: []int{2}}, {query: "ЕЛКА", want: []int{2}},
		{query: "е\u0308лка", want: []int{2}}, {query: "грунт", want: []int{3}}, {query: "caf\u00e9", want: []int{4}}, {query: "cafe", want: []int{4}},
		{query: "plants", want: []int{5}}, {query: "plant🌱", want: []int{5}}, {query: "driver's gloves", want: []int{6}},
		{query: "drivers gloves", want: []int{6}}, {query: "driver‘s glove", want: []int{6}}, {query: "driver gloves", want: []int{6}},
		{query: "交换机", want: []int{7}}, {query: "路由", want: []int{7}}, {query: "机", want: []int{7}}, {query: "usb", want: []int{8}},
		{query: "strasse", want: []int{9}}, {query: "STRASSE", want: []int{9}}, {query: "STRAẞE", want: []int{9}}, {query: "abc123", want: []int{10}},
		{query: "istanbul", want: []int{11}}, {query: "ISTANBUL", want: []int{11}}, {query: "ıstanbul canta", want: []int{11}},
		{query: "smorrebrod aeble", want: []int{12}}, {query: "กาแฟ", want: []int{13}}, {query: "fine flour", want: []int{14}},
		{query: "노트북", want: []int{15}}, {query: "\u1102\u1169\u1110\u1173\u1107\u116e\u11a8", want: []int{15}}, {query: "किताब", want: []int{16}},
		{query: "naive cooperation", want: []int{17}}, {query: "ﾉｰﾄﾊﾟｿｺﾝ", want: []int{18}}, {query: "ケーブル", want: []int{19}},
		{query: "电源", want: nil}, {query: "µsd", want: []int{20}}, {query: "ελλασ", want: []int{21}}, {query: "ΕΛΛΆΣ", want: []int{21}},
		{query: "йогурт", want: []int{22}}, {query: "и\u0306огурт", want: []int{22}}, {query: "3 اقلام", want: []int{23}}, {query: "lodz", want: []int{24}},
		{query: "kids bike", want: []int{25}}, {query: "kid's bike", want: []int{25}}, {query: "茶", want: []int{26}},
	})
}

// Names made of stop words are found, and first (C11); operators are plain
// separators (C9).
func TestStopWords(t *testing.T) {
	t.Parallel()
	texts := []string{
		0: "The Who T-shirt", 1: "No Drip Tap", 2: "IT Crowd DVD", 3: "On-Off Switch", 4: "Vitamin A", 5: "Vitamin C",
		6: "Tap for the kitchen", 7: "Cover for tablets with pen", 8: "Switch with the light on", 9: "song.mp3",
	}
	check(t, texts, []finding{
		{query: "the who", want: []int{0}}, {query: "no", want: []int{1}}, {query: "it", want: []int{2}}, {query: "on off", want: []int{3}},
		{query: "vitamin a", want: []int{4}}, {query: "tablet cover with a pen", want: []int{7}}, {query: "taps of the kitchen", want: []int{6}},
		{query: "*.mp3", want: []int{9}}, {query: "vit*", want: nil}, {query: "+vitamin -c", want: []int{5}}, {query: "*", want: nil},
		{query: "????", want: nil}, {query: "", want: nil}, {query: `" "`, want: nil}, {query: "on-off", want: []int{3}}, {query: "on", want: []int{3, 8}},
	})
}
