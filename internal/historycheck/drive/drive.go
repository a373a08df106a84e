package drive

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/aisle-search/aisle/internal/client"
	"github.com/aisle-search/aisle/internal/historycheck"
	"github.com/aisle-search/aisle/internal/shop"
)

// Node is a server that should answer, by process.
type Node struct {
	Name, URL  string
	Recovering bool // it has not caught up since it was started
}

// Config says who writes and reads, and where.
type Config struct {
	Shop    *shop.Shop
	Nodes   func() []Node
	Writers int           // for each database
	Readers int           // at once
	Every   time.Duration // pause of each between two things
	Seed    uint64
}

// owned is how many products a writer has.
const owned = 4

// Drive is writers and readers that run.
type Drive struct {
	config  Config
	history *historycheck.History
	began   time.Time
	http    *http.Client
	writers []*writer
	turn    sync.RWMutex // held for reading by a write, for writing by Around
	crew    *shop.Crew
}

// callTimeout bounds one call of a node, and one write.
const callTimeout = 10 * time.Second

// Start begins. Stop ends it.
func Start(ctx context.Context, c Config) *Drive {
	d := &Drive{
		config: c, history: historycheck.New(), began: time.Now(), crew: shop.NewCrew(ctx, c.Seed),
		http: client.Pool(c.Readers+2*c.Writers, callTimeout),
	}
	for n := range 2 * c.Writers {
		d.writers = append(d.writers, newWriter(d, n, n%2 == 1))
	}
	for n, w := range d.writers {
		d.hire(uint64(n), w.write)
	}
	for n := range c.Readers {
		d.hire(uint64(1000+n), newReader(d, n).read)
	}
	return d
}

// hire lets one do what cannot fail: a history tells what was wrong.
func (d *Drive) hire(n uint64, do func(context.Context, *rand.Rand)) {
	d.crew.Hire(n, d.config.Every, func(ctx context.Context, rng *rand.Rand) error {
		do(ctx, rng)
		return nil
	})
}

// Stop waits for what is under way and gives what happened.
func (d *Drive) Stop() *historycheck.History {
	_ = d.crew.Stop() // nothing that was hired fails
	d.http.CloseIdleConnections()
	return d.history
}

// Around runs something that destroys what was written, such as dropping the
// collection. All products are retired before, and new ones are used after it.
func (d *Drive) Around(destroy func() error) error {
	d.turn.Lock()
	defer d.turn.Unlock()
	for _, w := range d.writers {
		w.renewAll()
	}
	return destroy()
}

// at is a client of a node.
func (d *Drive) at(n Node) *client.Client { return &client.Client{Address: n.URL, HTTP: d.http} }

// now is the time since the history began.
func (d *Drive) now() time.Duration { return time.Since(d.began) }

// node is one of those that should answer.
func (d *Drive) node(rng *rand.Rand) (n Node, ok bool) {
	nodes := d.config.Nodes()
	if len(nodes) == 0 {
		return n, false
	}
	return nodes[rng.IntN(len(nodes))], true
}
