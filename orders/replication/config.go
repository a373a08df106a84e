package replication

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
	"time"

	"github.com/aisle-search/aisle/orders/mapping"
	"github.com/jackc/pgx/v5"
)

// Config maps a shop's own tables. The zero Config, completed by WithDefaults,
// follows the tables that orders.Migrate creates.
type Config struct {
	// Node tells apart the followers of one database: each has its own slot,
	// aisle_slot_NODE_DATABASE. Lower-case letters, digits and underscores, at most 32.
	Node string `yaml:"node"`
	// Publication is created over the mapped tables when it is not there.
	Publication string     `yaml:"publication"`
	Stock       StockTable `yaml:"stock"`
	Lines       LineTable  `yaml:"lines"`
	// Silence is how long the server may keep silent before its connection counts as
	// dead. The server is asked to think the same of ours a little sooner, so that it
	// frees the slot. Default: 45 s.
	Silence time.Duration `yaml:"-"`
}

// StockTable maps a table with what can be sold. Where Table is empty the whole
// mapping is the default; otherwise nothing is assumed.
type StockTable struct {
	// Table is NAME or SCHEMA.NAME, taken letter by letter; a part in double
	// quotes may hold dots. The schema is public where none is given.
	Table   string `yaml:"table"`
	Product string `yaml:"product"`
	// OnHand is a number of pieces, or a boolean for "can be had".
	OnHand string `yaml:"on_hand"`
	// Reserved, if named, is taken off OnHand.
	Reserved string `yaml:"reserved"`
}

// LineTable maps a table with one row for each product of each order. Where
// Table is empty the whole mapping is the default.
type LineTable struct {
	Table     string `yaml:"table"`
	Product   string `yaml:"product"`
	Quantity  string `yaml:"quantity"`
	CreatedAt string `yaml:"created_at"`
	// Status, if named, is compared with Cancelled: a line whose status is one of
	// these no longer counts.
	Status    string   `yaml:"status"`
	Cancelled []string `yaml:"cancelled"`
}

// DefaultConfig follows the tables that orders.Migrate creates.
func DefaultConfig() Config { return Config{}.WithDefaults() }

// WithDefaults fills what was left out.
func (c Config) WithDefaults() Config {
	if c.Node == "" {
		c.Node = "main"
	}
	if c.Silence <= 0 {
		c.Silence = 45 * time.Second
	}
	if c.Publication == "" {
		c.Publication = "aisle_publication"
	}
	if c.Stock == (StockTable{}) {
		c.Stock = StockTable{Table: "stock", Product: "product_id", OnHand: "on_hand", Reserved: "reserved"}
	}
	if c.Lines.isZero() {
		c.Lines = LineTable{
			Table: "order_lines", Product: "product_id", Quantity: "quantity", CreatedAt: "created_at",
			Status: "status", Cancelled: []string{"cancelled"},
		}
	}
	return c
}

// slotName is the name of the replication slot: aisle_slot_NODE_DATABASE. Slots
// of all databases of a server share one name space, hence the database. One
// whose name is long or has other characters is cut and told apart by a hash.
func slotName(node, database string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789_", r) {
			return r
		}
		return '_'
	}, database)
	if plain != database || len(plain) > 19 {
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(database)) // never fails
		plain = fmt.Sprintf("%.10s_%08x", plain, hash.Sum32())
	}
	return "aisle_slot_" + node + "_" + plain // at most 63 bytes
}

// Validate names the first field that breaks a rule, its value and the rule.
func (c Config) Validate() error {
	if !nodeName.MatchString(c.Node) {
		return fieldRule("node", c.Node, "1 to 32 of a-z, 0-9 and _")
	}
	if !publicationName.MatchString(c.Publication) {
		return fieldRule("publication", c.Publication, "a lower-case name of at most 63 of a-z, 0-9 and _, not beginning with a digit")
	}
	if err := validTable("stock.table", c.Stock.Table); err != nil {
		return err
	}
	if err := validTable("lines.table", c.Lines.Table); err != nil {
		return err
	}
	if c.Stock.Table == c.Lines.Table {
		return fieldRule("lines.table", c.Lines.Table, "another table than stock.table")
	}
	return c.validColumns()
}

func (c Config) validColumns() error {
	columns := []struct {
		field, name string
		optional    bool
	}{
		{"stock.product", c.Stock.Product, false},
		{"stock.on_hand", c.Stock.OnHand, false},
		{"stock.reserved", c.Stock.Reserved, true},
		{"lines.product", c.Lines.Product, false},
		{"lines.quantity", c.Lines.Quantity, false},
		{"lines.created_at", c.Lines.CreatedAt, false},
		{"lines.status", c.Lines.Status, true},
	}
	for _, col := range columns {
		if col.name == "" && col.optional {
			continue
		}
		if err := validIdentifier(col.name); err != nil {
			return fieldRule(col.field, col.name, err.Error())
		}
	}
	switch {
	case c.Lines.Status == "" && len(c.Lines.Cancelled) > 0:
		return fieldRule("lines.status", "", "a column, as lines.cancelled is given")
	case c.Lines.Status != "" && len(c.Lines.Cancelled) == 0:
		return fieldRule("lines.cancelled", "", "at least one value, as lines.status is given")
	case len(c.Lines.Cancelled) > 32:
		return fieldRule("lines.cancelled", fmt.Sprint(len(c.Lines.Cancelled)), "at most 32 values")
	}
	return nil
}

func (t LineTable) isZero() bool {
	return t.Table == "" && t.Product == "" && t.Quantity == "" && t.CreatedAt == "" &&
		t.Status == "" && len(t.Cancelled) == 0
}

func (c Config) stockColumns() mapping.Columns {
	name, _ := parseTable(c.Stock.Table) // Validate has been called
	return mapping.Columns{Name: name, Product: c.Stock.Product, Quantity: c.Stock.OnHand, Reserved: c.Stock.Reserved}
}

func (c Config) lineColumns() mapping.Columns {
	name, _ := parseTable(c.Lines.Table) // Validate has been called
	return mapping.Columns{
		Name: name, Product: c.Lines.Product, Quantity: c.Lines.Quantity,
		CreatedAt: c.Lines.CreatedAt, Status: c.Lines.Status, Cancelled: c.Lines.Cancelled,
	}
}

func fieldRule(field, value, rule string) error {
	return fmt.Errorf("%w: %s is %q and must be %s", ErrConfig, field, value, rule)
}

// Names that go into replication commands are kept to letters that need no
// quoting there. The patterns are fixed at compile time.
var (
	nodeName        = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	publicationName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
)

func validTable(field, value string) error {
	if _, err := parseTable(value); err != nil {
		return fieldRule(field, value, err.Error())
	}
	return nil
}

// validIdentifier refuses what Postgres would refuse or cut.
func validIdentifier(name string) error {
	switch {
	case name == "":
		return errRule("given")
	case len(name) > 63:
		return errRule("at most 63 bytes long")
	case strings.ContainsRune(name, 0):
		return errRule("free of zero bytes")
	}
	return nil
}

type errRule string

func (e errRule) Error() string { return string(e) }

// parseTable splits SCHEMA.NAME; parts in double quotes may hold dots, and two
// double quotes in them stand for one.
func parseTable(s string) (pgx.Identifier, error) {
	var parts pgx.Identifier
	for rest := s; ; {
		part, tail, err := nextPart(rest)
		if err != nil {
			return nil, err
		}
		if err := validIdentifier(part); err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if tail == "" {
			break
		}
		rest = tail[1:]
	}
	switch len(parts) {
	case 1:
		return pgx.Identifier{"public", parts[0]}, nil
	case 2:
		return parts, nil
	}
	return nil, errRule("NAME or SCHEMA.NAME")
}

// nextPart takes one part off s. The tail is empty or begins with the dot.
func nextPart(s string) (part, tail string, err error) {
	if !strings.HasPrefix(s, `"`) {
		if i := strings.IndexByte(s, '.'); i >= 0 {
			return s[:i], s[i:], nil
		}
		return s, "", nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		if tail = s[i+1:]; tail != "" && tail[0] != '.' {
			return "", "", errRule("a quoted name followed by a dot or nothing")
		}
		return b.String(), tail, nil
	}
	return "", "", errRule("closed by a double quote")
}
