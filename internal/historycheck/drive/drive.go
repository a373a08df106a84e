package drive

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/aisle-search/aisle/internal/historycheck"
)

// Node is a server that should answer, by process.
type Node struct {
	Name, URL  string
	Recovering bool // it has not caught up since it was started
}

// Config says who writes and reads, and where.
type Config struct {
	Products *mongo.Collection
	SQL      *pgxpool.Pool
	Nodes    func() []Node
	Writers  int           // for each database
	Readers  int           // at once
	Every    time.Duration // pause of each between two things
	Seed     uint64
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
	running sync.WaitGroup
	stop    context.CancelFunc
}

// Start begins. Stop ends it.
func Start(ctx context.Context, c Config) *Drive {
	ctx, cancel := context.WithCancel(ctx)
	d := &Drive{
		config: c, history: historycheck.New(), began: time.Now(), stop: cancel,
		http: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: c.Readers + 2*c.Writers}},
	}
	for n := range 2 * c.Writers {
		d.writers = append(d.writers, newWriter(d, n, n%2 == 1))
	}
	for n, w := range d.writers {
		d.loop(ctx, uint64(n), w.write)
	}
	for n := range c.Readers {
		d.loop(ctx, uint64(1000+n), newReader(d, n).read)
	}
	return d
}

// loop does a thing again and again, with random numbers of its own.
func (d *Drive) loop(ctx context.Context, n uint64, do func(context.Context, *rand.Rand)) {
	rng := rand.New(rand.NewPCG(d.config.Seed, n))
	d.running.Go(func() {
		tick := time.NewTicker(d.config.Every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				do(ctx, rng)
			}
		}
	})
}

// Stop waits for what is under way and gives what happened.
func (d *Drive) Stop() *historycheck.History {
	d.stop()
	d.running.Wait()
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
