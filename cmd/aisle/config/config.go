package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/aisle-search/aisle/indexer"
	"github.com/aisle-search/aisle/orders/replication"
	"github.com/aisle-search/aisle/search"
	"github.com/aisle-search/aisle/search/relevance"
)

// File is the file that --config names. docs/configuration.md describes
// it. Unknown keys are errors.
type File struct {
	Orders replication.Config `yaml:"orders"`
	// Profiles are ranking profiles, added to the built-in ones by name.
	Profiles map[string]Profile `yaml:"profiles"`
	// TrustedProxies are addresses or networks whose X-Forwarded-For is believed.
	TrustedProxies []string  `yaml:"trusted_proxies"`
	Limits         Limits    `yaml:"limits"`
	Cache          Cache     `yaml:"cache"`
	Reindex        Reindex   `yaml:"reindex"`
	Retention      Retention `yaml:"retention"`
	// WALWarningMegabytes is how much log the slot may hold back before the status
	// warns; default 1024.
	WALWarningMegabytes int64 `yaml:"wal_warning_megabytes"`
	// DrainMS is web.Config.DrainDelay in milliseconds; default 500.
	DrainMS int `yaml:"drain_ms"`
}

// Retention is how long things are kept.
type Retention struct {
	IdempotencyHours *float64 `yaml:"idempotency_hours"` // default 24; at least a minute
}

// Keys is the time for which idempotency keys are kept.
func (r Retention) Keys() time.Duration {
	if r.IdempotencyHours == nil {
		return 24 * time.Hour
	}
	return time.Duration(*r.IdempotencyHours * float64(time.Hour))
}

// Reindex is what a new index must pass before it serves, and what becomes of
// the old one.
type Reindex struct {
	Judgments string   `yaml:"judgments"` // CSV file of query,docid,rating; none asks nothing
	Margin    *float64 `yaml:"margin"`    // of nDCG@10; default 0.01
	Share     *float64 `yaml:"share"`     // of queries; default 0.1
	// KeepPreviousHours is how long the old index is kept for a rollback; 0 means not
	// at all. Default: until another takes its place.
	KeepPreviousHours *float64 `yaml:"keep_previous_hours"`
}

// Keep is search.Options.KeepPrevious.
func (g Reindex) Keep() time.Duration {
	switch {
	case g.KeepPreviousHours == nil:
		return 0
	case *g.KeepPreviousHours <= 0:
		return -1
	}
	return max(1, time.Duration(*g.KeepPreviousHours*float64(time.Hour)))
}

// Gate reads the judgments.
func (g Reindex) Gate() (indexer.Gate, error) {
	out := indexer.Gate{Margin: 0.01, Share: 0.1}
	for given, to := range map[*float64]*float64{g.Margin: &out.Margin, g.Share: &out.Share} {
		if given == nil {
			continue
		}
		if !(*given >= 0 && *given <= 1) {
			return out, errors.New("reindex: margin and share must be 0 to 1")
		}
		*to = *given
	}
	if g.Judgments == "" {
		return out, nil
	}
	file, err := os.Open(g.Judgments)
	if err != nil {
		return out, fmt.Errorf("read judgments of the reindex gate: %w", err)
	}
	defer file.Close()
	if out.Judgments, err = relevance.ReadJudgments(file); err != nil {
		return out, fmt.Errorf("read judgments of the reindex gate: %w", err)
	}
	return out, nil
}

// Cache bounds the search answers that are kept.
type Cache struct {
	Megabytes *int `yaml:"megabytes"` // 0 keeps none; default 64
	StaleMS   *int `yaml:"stale_ms"`  // see web.Config.CacheStale; 0 to 5000, default 25
}

// Bounds are the bytes and the staleness as web takes them.
func (c Cache) Bounds() (bytes int64, stale time.Duration) {
	megabytes, ms := 64, 25
	if c.Megabytes != nil {
		megabytes = *c.Megabytes
	}
	if c.StaleMS != nil {
		ms = *c.StaleMS
	}
	return int64(megabytes) << 20, time.Duration(ms) * time.Millisecond
}

// Limits bound what callers can ask for; 0 takes the default.
type Limits struct {
	RequestsPerSecond float64 `yaml:"requests_per_second"` // of one caller; default: no bound
	ConcurrentSearch  int     `yaml:"concurrent_searches"` // default: two for each CPU
}

// Profile is a search.Profile in the file's words.
type Profile struct {
	Freshness       float64 `yaml:"freshness"`
	HalfLifeDays    float64 `yaml:"half_life_days"`
	SoldOut         float64 `yaml:"sold_out"`
	Popularity      float64 `yaml:"popularity"`
	PopularityScale float64 `yaml:"popularity_scale"`
	AvailableFirst  bool    `yaml:"available_first"`
}

// Load reads the file, or gives the defaults where path is empty.
func Load(path string) (File, error) {
	var c File
	if path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("read configuration: %w", err)
		}
		d := yaml.NewDecoder(bytes.NewReader(b))
		d.KnownFields(true)
		if err := d.Decode(&c); err != nil && !errors.Is(err, io.EOF) { // an empty file says nothing
			return c, fmt.Errorf("read configuration %s: %w", path, err)
		}
	}
	c.Orders = c.Orders.WithDefaults()
	if err := c.Orders.Validate(); err != nil {
		return c, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if c.Limits.RequestsPerSecond < 0 || c.Limits.ConcurrentSearch < 0 {
		return c, fmt.Errorf("read configuration %s: limits must not be negative", path)
	}
	if c.DrainMS < 0 {
		return c, fmt.Errorf("read configuration %s: drain_ms must not be negative", path)
	}
	if c.Retention.Keys() < time.Minute || c.WALWarningMegabytes < 0 {
		return c, fmt.Errorf("read configuration %s: idempotency_hours must be at least 1/60, wal_warning_megabytes not negative", path)
	}
	if bytes, stale := c.Cache.Bounds(); bytes < 0 || stale < 0 || stale > 5*time.Second {
		return c, fmt.Errorf("read configuration %s: cache: megabytes must not be negative, stale_ms 0 to 5000", path)
	}
	return c, nil
}

// RankingProfiles are the profiles as search takes them; it checks their ranges.
func (c File) RankingProfiles() map[string]search.Profile {
	out := map[string]search.Profile{}
	for name, p := range c.Profiles {
		out[name] = search.Profile{
			Freshness: p.Freshness, HalfLife: time.Duration(p.HalfLifeDays * 24 * float64(time.Hour)),
			SoldOut: p.SoldOut, Popularity: p.Popularity, PopularityScale: p.PopularityScale,
			AvailableFirst: p.AvailableFirst,
		}
	}
	return out
}

// OwnTables says that stock and order lines are in the tables that Aisle itself
// creates, and not in a shop's own.
func (c File) OwnTables() bool {
	standard := replication.DefaultConfig()
	return c.Orders.Stock == standard.Stock && c.Orders.Lines.Table == standard.Lines.Table
}
