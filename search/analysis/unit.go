package analysis

import "strings"

// unit is a unit of measure under its canonical name.
type unit struct {
	name string
	// gluedOnly units are words or initials of their own when a blank stands
	// before them: "4K" but not "4 k".
	gluedOnly bool
}

// unitNames lists each unit's canonical name, then its other spellings, folded.
// A '!' after a spelling means that it counts only right behind the number.
const unitNames = `
m meter meters metre metres mtr mtrs
mm millimeter millimeters millimetre millimetres
cm centimeter centimeters centimetre centimetres
km kilometer kilometers kilometre kilometres
um μm micron microns micrometer micrometers micrometre micrometres
nm nanometer nanometers nanometre nanometres
in inch inches inchs zoll
ft foot feet
yd yds yard yards
mi! mile miles
m2 sqm
cm2 sqcm
mm2 sqmm
m3 cbm
cm3 ccm cc
kb kilobyte kilobytes kbyte kbytes
mb megabyte megabytes mbyte mbytes
gb gig gigs gigabyte gigabytes gbyte gbytes
tb terabyte terabytes tbyte tbytes
bit bits
kbit kbits kilobit kilobits
mbit mbits megabit megabits
gbit gbits gigabit gigabits
kbps kbit/s kbits/s kb/s
mbps mbit/s mbits/s mb/s
gbps gbit/s gbits/s gb/s
hz hertz
khz kilohertz
mhz megahertz
ghz gigahertz
w watt watts
kw kilowatt kilowatts
mw! milliwatt milliwatts
v volt volts vdc vac
kv kilovolt kilovolts
mv millivolt millivolts
a amp amps ampere amperes
ma! milliamp milliamps milliampere milliamperes
ah amphour amphours
mah milliamphour milliamphours
wh watthour watthours
kwh kilowatthour kilowatthours
va voltampere voltamperes
kva
ohm ohms ω
kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes
g gr! gram grams gramme grammes
mg milligram milligrams
lb lbs pound pounds
oz ounce ounces
l liter liters litre litres ltr ltrs
ml milliliter milliliters millilitre millilitres
cl centiliter centiliters centilitre centilitres
dl! deciliter deciliters decilitre decilitres
gal gallon gallons
pt! pint pints
qt quart quarts
lm lumen lumens
lx lux
nit nits
cd/m2 cd/m
db decibel decibels dba
c! degc celsius
f! degf fahrenheit
k! kelvin
deg degree degrees
dpi
ppi
rpm
ppm
fps
px pixel pixels
mp mpx mpix megapixel megapixels
gsm g/m2
bar! bars
psi
pa! pascal pascals
kpa kilopascal kilopascals
mpa megapascal megapascals
btu btus
ms millisecond milliseconds
s! sec secs second seconds
min! mins minute minutes
h! hr hrs hour hours
x!
pc pcs piece pieces
pk pks pack packs
`

func unitTable() map[string]unit {
	table := make(map[string]unit)
	for _, line := range strings.Split(strings.TrimSpace(unitNames), "\n") {
		names := strings.Fields(line)
		canonical := strings.TrimSuffix(names[0], "!")
		for _, n := range names {
			spelling, gluedOnly := strings.CutSuffix(n, "!")
			table[spelling] = unit{name: canonical, gluedOnly: gluedOnly}
		}
	}
	return table
}

// scale is one step between units of the same kind: 1 big = 10^exp small.
type scale struct {
	big, small string
	exp        int
}

// scales lists the steps that shops mix freely in titles.
func scales() []scale {
	return []scale{
		{"m", "cm", 2}, {"m", "mm", 3}, {"cm", "mm", 1}, {"km", "m", 3},
		{"kg", "g", 3}, {"g", "mg", 3},
		{"l", "ml", 3}, {"l", "cl", 2}, {"cl", "ml", 1},
		{"tb", "gb", 3}, {"gb", "mb", 3},
		{"kw", "w", 3}, {"ghz", "mhz", 3}, {"mhz", "khz", 3}, {"ah", "mah", 3}, {"kwh", "wh", 3},
		{"gbps", "mbps", 3}, {"gbit", "mbit", 3},
	}
}

// shift moves the decimal point of a value by exp places: shift("1.5", 2) is
// "150".
func shift(value string, exp int) string {
	whole, fraction, _ := strings.Cut(value, ".")
	for ; exp > 0; exp-- {
		next := "0"
		if fraction != "" {
			next, fraction = fraction[:1], fraction[1:]
		}
		whole += next
	}
	for ; exp < 0; exp++ {
		last := "0"
		if whole != "" {
			last, whole = whole[len(whole)-1:], whole[:len(whole)-1]
		}
		fraction = last + fraction
	}
	whole = strings.TrimLeft(whole, "0")
	fraction = strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}
