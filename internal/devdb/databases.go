package devdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// database is the name of the database in both servers.
const database = "shop"

// Options says how Start starts.
type Options struct {
	// Dir keeps the data between starts. Empty means temporary data.
	Dir string
	// Log gets a line per thing that takes long. Nil means nobody.
	Log io.Writer
	// Cache keeps what has to be fetched. Empty means a folder "aisle" in the
	// user's cache folder.
	Cache string
	// MongoURI and PostgresURL name servers to use instead of starting some.
	MongoURI, PostgresURL string
	// MongoArgs are further arguments of the MongoDB server.
	MongoArgs []string
	// PostgresSettings are further settings, as "name=value".
	PostgresSettings []string
}

// Databases are two running servers.
type Databases struct {
	// MongoURI and PostgresURL each name a database.
	MongoURI, PostgresURL string

	mongo, postgres *server // nil when not ours
}

// ErrNotOurs: a server that devdb did not start, or shares, is not stopped.
var ErrNotOurs = errors.New("devdb: server is not ours to stop or start")

// Start starts both servers and waits until they accept work. They end with
// Close, or with this process.
func Start(ctx context.Context, o Options) (*Databases, error) {
	o = withDefaults(o)
	d := &Databases{MongoURI: o.MongoURI, PostgresURL: o.PostgresURL}
	g, gctx := errgroup.WithContext(ctx)
	if o.MongoURI == "" {
		g.Go(func() error { return d.launchMongo(gctx, o) })
	}
	if o.PostgresURL == "" {
		g.Go(func() error { return d.launchPostgres(gctx, o) })
	}
	if err := g.Wait(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Install fetches what Start would need and no package manager brings.
func Install(ctx context.Context, o Options) error {
	o = withDefaults(o)
	var errs []error
	if _, err := exec.LookPath("mongod"); err != nil && o.MongoURI == "" {
		_, err := findSecantusd(ctx, o.Cache, o.Log)
		errs = append(errs, err)
	}
	if o.PostgresURL == "" {
		_, err := postgresBin(ctx, o.Cache, o.Log)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func withDefaults(o Options) Options {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Cache == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		o.Cache = filepath.Join(cache, "aisle")
	}
	return o
}

func (d *Databases) launchMongo(ctx context.Context, o Options) error {
	folder, temp, err := serverFolder(o.Dir, "mongo")
	if err != nil {
		return err
	}
	s, err := newMongo(ctx, folder, temp, o)
	if err != nil {
		return errors.Join(err, discard(folder, temp))
	}
	d.mongo = s
	if err := s.start(ctx); err != nil {
		return err
	}
	d.MongoURI = mongoURI(s.port, database)
	return nil
}

func (d *Databases) launchPostgres(ctx context.Context, o Options) error {
	folder, temp, err := serverFolder(o.Dir, "postgres")
	if err != nil {
		return err
	}
	s, err := newPostgres(ctx, folder, temp, o)
	if err != nil {
		return errors.Join(err, discard(folder, temp))
	}
	d.postgres = s
	if err := s.start(ctx); err != nil {
		return err
	}
	d.PostgresURL = postgresURL(s.port, database)
	return createDatabase(ctx, postgresURL(s.port, "postgres"), database)
}

// serverFolder makes the folder of one server: below dir, or a temporary one at
// top level, so that the server's own user can remove it.
func serverFolder(dir, name string) (folder string, temp bool, err error) {
	if dir == "" {
		folder, err = os.MkdirTemp("", "aisle-"+name+"-")
	} else {
		// dir is open so that the user postgres can pass; the servers' own are not.
		folder = filepath.Join(dir, name)
		if err = os.MkdirAll(dir, 0o755); err == nil {
			err = os.MkdirAll(folder, 0o700)
		}
	}
	if err == nil {
		folder, err = filepath.Abs(folder)
	}
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return "", false, fmt.Errorf("make folder for %s in %q: %w", name, dir, err)
	}
	return folder, dir == "", nil
}

func discard(folder string, temp bool) error {
	if temp {
		return os.RemoveAll(folder)
	}
	return nil
}

// Close stops the servers that Start started, and removes temporary data.
func (d *Databases) Close() error {
	var g errgroup.Group
	for _, s := range []*server{d.mongo, d.postgres} {
		if s != nil {
			g.Go(s.close)
		}
	}
	return g.Wait()
}

// Scratch is a folder of the MongoDB server that Start started, for whatever
// shall last as long as its data: it is removed with temporary data.
func (d *Databases) Scratch() (string, error) {
	if d.mongo == nil {
		return "", ErrNotOurs
	}
	folder := filepath.Join(d.mongo.folder, "scratch")
	return folder, makeFolder(folder)
}

// StopMongo stops MongoDB in order; StartMongo goes on with its port and data.
func (d *Databases) StopMongo() error { return stopServer(d.mongo, "TERM") }

// KillMongo ends MongoDB as a crash would. Writes of the last moment may be lost
// though acknowledged, unless they asked for the journal (mongod), or MongoArgs
// has --sync-on-commit (secantusd).
func (d *Databases) KillMongo() error { return stopServer(d.mongo, "KILL") }

// StartMongo starts MongoDB again after StopMongo or KillMongo.
func (d *Databases) StartMongo(ctx context.Context) error { return startServer(ctx, d.mongo) }

// StopPostgres stops Postgres in order; StartPostgres goes on with its port and
// data.
func (d *Databases) StopPostgres() error { return stopServer(d.postgres, "INT") }

// KillPostgres ends Postgres as a crash would.
func (d *Databases) KillPostgres() error { return stopServer(d.postgres, "KILL") }

// StartPostgres starts Postgres again after StopPostgres or KillPostgres.
func (d *Databases) StartPostgres(ctx context.Context) error { return startServer(ctx, d.postgres) }

func stopServer(s *server, signal string) error {
	if s == nil {
		return ErrNotOurs
	}
	s.stop(signal)
	return nil
}

func startServer(ctx context.Context, s *server) error {
	if s == nil {
		return ErrNotOurs
	}
	return s.start(ctx)
}
