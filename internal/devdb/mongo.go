package devdb

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// newMongo returns a server that is not started: mongod where there is one, else
// secantusd, which speaks the same protocol.
func newMongo(ctx context.Context, folder string, temp bool, o Options) (*server, error) {
	s := &server{name: "MongoDB", folder: folder, temp: temp, signal: "TERM"}
	data := filepath.Join(folder, "data")
	if err := makeFolder(data); err != nil {
		return nil, err
	}
	if mongod, err := exec.LookPath("mongod"); err == nil {
		s.command = func(port int) []string {
			return append([]string{mongod, "--dbpath", data, "--bind_ip", "127.0.0.1",
				"--port", strconv.Itoa(port), "--replSet", "rs0"}, o.MongoArgs...)
		}
		s.ready = mongodReady
		return s, nil
	}
	secantusd, err := findSecantusd(ctx, o.Cache, o.Log)
	if err != nil {
		return nil, err
	}
	// An empty configuration file keeps it from looking for one elsewhere.
	config := filepath.Join(folder, "secantusd.toml")
	if err := writeFile(config, ""); err != nil {
		return nil, err
	}
	s.command = func(port int) []string {
		return append([]string{secantusd, "--config", config, "--host", "127.0.0.1",
			"--port", strconv.Itoa(port), "--storage-path", data, "--cache-size", "256M",
			"--noop-heartbeat-seconds", "1", "--oplog-max-entries", "2000000"}, o.MongoArgs...)
	}
	s.ready = mongoReady
	return s, nil
}

// mongoReady asks once whether the server with this process id takes writes.
func mongoReady(ctx context.Context, port, pid int) error {
	return withMongo(ctx, mongoURI(port, ""), readyWait, func(ctx context.Context, c *mongo.Client) error {
		var status struct {
			PID int `bson:"pid"`
		}
		admin := c.Database("admin")
		if err := admin.RunCommand(ctx, bson.D{{Key: "serverStatus", Value: 1}}).Decode(&status); err != nil {
			return err
		}
		if status.PID != pid {
			return fmt.Errorf("port %d is served by process %d, not %d", port, status.PID, pid)
		}
		var hello struct {
			Primary bool `bson:"isWritablePrimary"`
		}
		if err := admin.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
			return err
		}
		if !hello.Primary {
			return errors.New("server is not primary yet")
		}
		return nil
	})
}

// alreadyInitialized is MongoDB's code for a replica set that exists.
const alreadyInitialized = 23

// mongodReady is mongoReady for mongod, which must be told once to be a replica
// set.
func mongodReady(ctx context.Context, port, pid int) error {
	err := withMongo(ctx, mongoURI(port, ""), readyWait, func(ctx context.Context, c *mongo.Client) error {
		member := bson.D{{Key: "_id", Value: 0}, {Key: "host", Value: "127.0.0.1:" + strconv.Itoa(port)}}
		config := bson.D{{Key: "_id", Value: "rs0"}, {Key: "members", Value: bson.A{member}}}
		return c.Database("admin").RunCommand(ctx, bson.D{{Key: "replSetInitiate", Value: config}}).Err()
	})
	var known mongo.ServerError
	if err != nil && !(errors.As(err, &known) && known.HasErrorCode(alreadyInitialized)) {
		return err
	}
	return mongoReady(ctx, port, pid)
}

// readyWait bounds one question whether the server is ready, which is asked again.
const readyWait = 5 * time.Second

// withMongo calls f with a client that gives up after the patience.
func withMongo(ctx context.Context, uri string, patience time.Duration, f func(context.Context, *mongo.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := mongo.Connect(options.Client().ApplyURI(uri).SetServerSelectionTimeout(patience))
	if err != nil {
		return err
	}
	return errors.Join(f(ctx, c), c.Disconnect(ctx))
}

// mongoURI names the server itself: with one node there is nothing to discover.
func mongoURI(port int, database string) string {
	return fmt.Sprintf("mongodb://127.0.0.1:%d/%s?directConnection=true", port, database)
}
