package catalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

// DefaultDatabase is used where neither the configuration nor the URI names one.
const DefaultDatabase = "shop"

// Config says where the catalogue is.
type Config struct {
	URI        string
	Database   string // default: the one the URI names, else DefaultDatabase
	Collection string // default: the schema's
	// Schema checks what is written and finds the dates in it. Invariant: not nil.
	Schema *Schema
	// ConnectTimeout bounds the search for a server. Default: 10 s.
	ConnectTimeout time.Duration
	// AnswerTimeout is how long the server may keep silent while it is followed. A
	// connection whose packets are lost looks like a quiet one, so it is given up
	// after that. Default: 30 s.
	AnswerTimeout time.Duration
}

// Store reads and writes the catalogue's documents.
type Store struct {
	client     *mongo.Client
	collection *mongo.Collection
	schema     *Schema
	hosts      string // for messages; never the whole URI, which holds a password
	database   string
	connect    time.Duration // Config.ConnectTimeout
	answer     time.Duration // Config.AnswerTimeout
}

// Open is Connect and Check.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := Connect(cfg)
	if err != nil {
		return nil, err
	}
	if err := s.Check(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// Connect makes a store without waiting for the server, which is looked for in the
// background as long as the store is open. It fails on a configuration that is not
// valid.
func Connect(cfg Config) (*Store, error) {
	if cfg.Schema == nil {
		return nil, errors.New("open catalogue: no schema is given")
	}
	uri, err := connstring.Parse(cfg.URI)
	if err != nil {
		return nil, fmt.Errorf("open catalogue: the MongoDB URI is not valid, want mongodb://HOST:PORT/DATABASE: %w", err)
	}
	timeout := cmp.Or(cfg.ConnectTimeout, 10*time.Second)
	client, err := mongo.Connect(options.Client().ApplyURI(cfg.URI).
		SetAppName("aisle").
		SetServerSelectionTimeout(timeout).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, fmt.Errorf("open catalogue: %w", err)
	}
	database := orDefault(orDefault(cfg.Database, uri.Database), DefaultDatabase)
	return &Store{
		client:     client,
		collection: client.Database(database).Collection(orDefault(cfg.Collection, cfg.Schema.Collection)),
		schema:     cfg.Schema,
		hosts:      strings.Join(uri.Hosts, ","),
		database:   database,
		connect:    timeout,
		answer:     cmp.Or(cfg.AnswerTimeout, 30*time.Second),
	}, nil
}

// Close ends the connections.
func (s *Store) Close(ctx context.Context) error { return s.client.Disconnect(ctx) }

// Name is "database.collection".
func (s *Store) Name() string { return s.database + "." + s.collection.Name() }

// Ping says whether the server answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.client.Ping(ctx, nil); err != nil {
		return fmt.Errorf("reach MongoDB at %s: %w", s.hosts, err)
	}
	return nil
}

// minVersion is the oldest server that stores field names with dots and dollars.
const minVersion = 5

// hello is what a server says of its place in a deployment.
type hello struct {
	SetName string `bson:"setName"`
	Msg     string `bson:"msg"`
}

// buildInfo is what a server says of its version.
type buildInfo struct {
	Version string  `bson:"version"`
	Parts   []int32 `bson:"versionArray"`
}

// Check tells whether the catalogue can be followed: the server answers, is new
// enough, has change streams, and lets the user read and watch. Each error tells
// what to do; ErrUnreachable, within ConnectTimeout and AnswerTimeout together, may
// pass by itself.
func (s *Store) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.connect+s.answer)
	defer cancel()
	admin := s.client.Database("admin")
	var h hello
	if err := admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&h); err != nil {
		return s.unreachable(err)
	}
	var b buildInfo
	if err := admin.RunCommand(ctx, bson.D{{Key: "buildInfo", Value: 1}}).Decode(&b); err != nil {
		return s.unreachable(err)
	}
	if err := s.suitable(h, b); err != nil {
		return err
	}
	first := options.FindOne().SetProjection(bson.D{{Key: "_id", Value: 1}})
	if err := s.collection.FindOne(ctx, bson.D{}, first).Err(); err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return s.kept("read", err)
	}
	stream, err := s.watch(ctx, nil)
	if err != nil {
		return s.kept("watch", err)
	}
	s.closeStream(ctx, stream)
	return nil
}

// kept explains what keeps a check from its end: a line that was cut, or a refusal.
func (s *Store) kept(verb string, err error) error {
	if Unavailable(err) {
		return s.unreachable(err)
	}
	return s.refused(verb, err)
}

// suitable says what keeps a server from being followed.
func (s *Store) suitable(h hello, b buildInfo) error {
	if h.SetName == "" && h.Msg != "isdbgrid" {
		return fmt.Errorf("%w, so it has no change streams to follow: start mongod at %s with --replSet rs0 and run rs.initiate() once", ErrNotReplicaSet, s.hosts)
	}
	if len(b.Parts) > 0 && b.Parts[0] < minVersion {
		return fmt.Errorf("%w: %s is version %s; use %d.0 or newer", ErrServerTooOld, s.hosts, b.Version, minVersion)
	}
	return nil
}

func (s *Store) unreachable(err error) error {
	if hasCode(err, codeAuthenticationFailed) {
		return fmt.Errorf("%w: %s refuses user and password; correct them in the MongoDB URI: %w", ErrPrivileges, s.hosts, err)
	}
	return fmt.Errorf("%w at %s: start it, or correct the MongoDB URI: %w", ErrUnreachable, s.hosts, err)
}

// refused explains an error of the server that comes of lacking privileges, and
// wraps any other.
func (s *Store) refused(verb string, err error) error {
	if !hasCode(err, codeUnauthorized) {
		return fmt.Errorf("%s %s: %w", verb, s.Name(), err)
	}
	role := "read"
	if verb == "write" {
		role = "readWrite"
	}
	return fmt.Errorf("%w: the user may not %s %s; in the shell: db.grantRolesToUser(USER, [{role: %q, db: %q}]): %w",
		ErrPrivileges, verb, s.Name(), role, s.database, err)
}

// collectionID asks for the collection's own id. It is zero where there is no
// collection, and where the user may not ask.
func (s *Store) collectionID(ctx context.Context) (uuid.UUID, error) {
	cursor, err := s.collection.Database().ListCollections(ctx, bson.D{{Key: "name", Value: s.collection.Name()}})
	if hasCode(err, codeUnauthorized) {
		return uuid.UUID{}, nil
	}
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("look up %s: %w", s.Name(), err)
	}
	var found []struct {
		Info struct {
			UUID bson.Binary `bson:"uuid"`
		} `bson:"info"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return uuid.UUID{}, fmt.Errorf("look up %s: %w", s.Name(), err)
	}
	if len(found) != 1 || len(found[0].Info.UUID.Data) != 16 {
		return uuid.UUID{}, nil
	}
	return uuid.UUID(found[0].Info.UUID.Data), nil
}

// Codes of the server that mean something here.
const (
	codeFailedToParse        = 9
	codeUnauthorized         = 13
	codeAuthenticationFailed = 18
	codeCappedPositionLost   = 136
	codeInvalidResumeToken   = 260
	codeChangeStreamFatal    = 280
	codeChangeStreamHistory  = 286
	codeBSONObjectTooLarge   = 10334
	codeDuplicateKey         = 11000
	codeResumeTokenText      = 40647 // resume token that is not as it should be
	codeResumeTokenBytes     = 40649
)

func hasCode(err error, codes ...int) bool {
	var server mongo.ServerError
	if !errors.As(err, &server) {
		return false
	}
	for _, code := range codes {
		if server.HasErrorCode(code) {
			return true
		}
	}
	return false
}
