package keys

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// Scope is a group of requests that a key may make.
type Scope string

// The scopes there are.
const (
	Search  Scope = "search"
	Orders  Scope = "orders"
	Catalog Scope = "catalog"
	Admin   Scope = "admin"
)

// Key is one caller.
type Key struct {
	Name    string
	Tenant  string
	Scopes  []Scope
	Expires time.Time // zero: never
	// Filters are forced on every search of this key: field to allowed values.
	Filters map[string][]string

	sum [sha256.Size]byte
}

// May reports whether the key has the scope.
func (k *Key) May(s Scope) bool { return slices.Contains(k.Scopes, s) }

// entry is a key as the file spells it.
type entry struct {
	Name    string              `yaml:"name"`
	SHA256  string              `yaml:"sha256"`
	Tenant  string              `yaml:"tenant"`
	Scopes  []Scope             `yaml:"scopes"`
	Expires string              `yaml:"expires"`
	Filters map[string][]string `yaml:"filters"`
}

// parse reads a whole file. Unknown keys are errors.
func parse(data []byte) ([]Key, error) {
	var file struct {
		Keys []entry `yaml:"keys"`
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		return nil, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("has more than one document")
	}
	if len(file.Keys) == 0 {
		return nil, errors.New("keys: is empty")
	}
	keys := make([]Key, 0, len(file.Keys))
	for i, e := range file.Keys {
		k, err := e.key()
		if err != nil {
			return nil, fmt.Errorf("keys[%d].%w", i, err)
		}
		for _, other := range keys {
			if other.Name == k.Name {
				return nil, fmt.Errorf("keys[%d].name: %q is given twice", i, k.Name)
			}
			if other.sum == k.sum {
				return nil, fmt.Errorf("keys[%d].sha256: is that of %q", i, other.Name)
			}
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func (e entry) key() (Key, error) {
	k := Key{Name: e.Name, Tenant: e.Tenant, Scopes: e.Scopes, Filters: e.Filters}
	if e.Name == "" || len(e.Name) > 100 {
		return k, fmt.Errorf("name: must have 1 to 100 bytes")
	}
	sum, err := hex.DecodeString(e.SHA256)
	if err != nil || len(sum) != sha256.Size {
		return k, fmt.Errorf("sha256: must be 64 hexadecimal digits")
	}
	copy(k.sum[:], sum)
	if len(e.Scopes) == 0 {
		return k, fmt.Errorf("scopes: is empty")
	}
	for _, s := range e.Scopes {
		if !slices.Contains([]Scope{Search, Orders, Catalog, Admin}, s) {
			return k, fmt.Errorf("scopes: %q is not one of search, orders, catalog, admin", s)
		}
	}
	for field, values := range e.Filters {
		if field == "" || len(values) == 0 {
			return k, fmt.Errorf("filters: %q needs at least one value", field)
		}
	}
	if e.Expires != "" {
		if k.Expires, err = time.Parse(time.RFC3339, e.Expires); err != nil {
			return k, fmt.Errorf("expires: %q is not an RFC 3339 time", e.Expires)
		}
	}
	return k, nil
}
