package catalog

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// Source follows the catalogue.
type Source struct{ store *Store }

// NewSource follows the collection of a store.
func NewSource(store *Store) *Source { return &Source{store: store} }

const (
	// scanBatch is how many documents one round trip of a snapshot brings; the
	// server also ends a batch at 16 MB.
	scanBatch = 1000
	// longestAnswer bounds the waiting for a server that is busy with our question.
	longestAnswer = 10 * time.Minute
	// writeTimeout bounds the writing of one batch of a load.
	writeTimeout = 5 * time.Minute
)

// Snapshot hands over every document once, in order of _id, and returns the
// position from which Stream goes on without a gap. That position is taken
// before the first document is read: what changes meanwhile comes again.
func (s *Source) Snapshot(ctx context.Context, emit func(Change) error) (Position, error) {
	pos, err := s.begin(ctx)
	if err != nil {
		return Position{}, err
	}
	if err := s.scan(ctx, emit); err != nil {
		return Position{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.store.answer)
	defer cancel()
	id, err := s.store.collectionID(ctx)
	if err != nil {
		return Position{}, err
	}
	if pos.Collection != (uuid.UUID{}) && id != pos.Collection {
		return Position{}, s.replaced(id)
	}
	return pos, nil
}

// begin takes the position that a new change stream starts at.
func (s *Source) begin(ctx context.Context) (Position, error) {
	ctx, cancel := context.WithTimeout(ctx, s.store.answer)
	defer cancel()
	id, err := s.store.collectionID(ctx)
	if err != nil {
		return Position{}, err
	}
	head, err := s.Head(ctx)
	if err != nil {
		return Position{}, err
	}
	stream, err := s.store.watch(ctx, nil)
	if err != nil {
		return Position{}, s.store.refused("watch", err)
	}
	defer s.store.closeStream(ctx, stream)
	pos := Position{Token: clone(stream.ResumeToken()), Time: head, Collection: id}
	if pos.Token == nil {
		return Position{}, fmt.Errorf("watch %s: the server gave no resume token", s.store.Name())
	}
	if t, ok := tokenTime(pos.Token); ok {
		pos.Time = t
	}
	return pos, nil
}

// scan goes by _id, because an index scan in that order meets every document
// that is there throughout exactly once, whatever is written meanwhile. The hint leaves
// no choice: a server that sorts all documents first answers late.
func (s *Source) scan(ctx context.Context, emit func(Change) error) error {
	twins := twins{store: s.store}
	if err := s.store.patiently(ctx, twins.look); err != nil {
		return err
	}
	byID := bson.D{{Key: "_id", Value: 1}}
	var cursor *mongo.Cursor
	err := s.store.patiently(ctx, func(ctx context.Context) (err error) {
		cursor, err = s.store.collection.Find(ctx, bson.D{}, options.Find().SetSort(byID).SetHint(byID).SetBatchSize(scanBatch))
		return err
	})
	if err != nil {
		return s.store.refused("read", err)
	}
	defer s.store.closeCursor(ctx, cursor)
	for {
		more, err := s.store.next(ctx, cursor)
		if err != nil {
			return s.store.refused("read", err)
		}
		if !more {
			return ctx.Err()
		}
		raw := clone(cursor.Current)
		id, err := raw.LookupErr("_id")
		if err != nil {
			return fmt.Errorf("read %s: a document has no _id", s.store.Name())
		}
		changes, err := twins.resolve(ctx, id, Change{Op: OpUpsert, Raw: raw})
		if err != nil {
			return err
		}
		if err := emit(changes[len(changes)-1]); err != nil { // a twin is met by itself
			return err
		}
	}
}

func (s *Store) closeCursor(ctx context.Context, cursor *mongo.Cursor) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWait)
	defer cancel()
	_ = cursor.Close(ctx) // the server forgets it by itself
}

// next advances a cursor.
func (s *Store) next(ctx context.Context, cursor *mongo.Cursor) (more bool, err error) {
	if cursor.RemainingBatchLength() > 0 {
		return cursor.Next(ctx), cursor.Err()
	}
	err = s.patiently(ctx, func(ctx context.Context) error {
		more = cursor.Next(ctx)
		return cursor.Err()
	})
	return more, err
}

// patiently asks the server something that may take it long, such as for the first of
// very many documents. It gives up with ErrSilent once the server does not answer
// another connection either, or after longestAnswer.
func (s *Store) patiently(ctx context.Context, ask func(context.Context) error) error {
	asking, giveUp := context.WithTimeout(ctx, longestAnswer)
	defer giveUp()
	watching, stop := context.WithCancel(asking)
	var watch sync.WaitGroup
	watch.Go(func() {
		tick := time.NewTicker(s.answer / 2)
		defer tick.Stop()
		for {
			select {
			case <-watching.Done():
				return
			case <-tick.C:
			}
			ping, cancel := context.WithTimeout(watching, s.answer/2)
			if s.Ping(ping) != nil {
				giveUp()
			}
			cancel()
		}
	})
	began := time.Now()
	err := ask(asking)
	stop()
	watch.Wait()
	if err != nil && asking.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("%w for %v: %v", ErrSilent, time.Since(began).Round(time.Second), err) //nolint:errorlint // that the context was ended is our own doing
	}
	return err
}

// Count estimates how many documents a snapshot will hand over.
func (s *Source) Count(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, s.store.answer)
	defer cancel()
	n, err := s.store.collection.EstimatedDocumentCount(ctx)
	if err != nil {
		return 0, s.store.refused("count", err)
	}
	return n, nil
}

// Head is the server's present cluster time, to measure lag by.
func (s *Source) Head(ctx context.Context) (ClusterTime, error) {
	session, err := s.store.client.StartSession()
	if err != nil {
		return ClusterTime{}, fmt.Errorf("read the server's time: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	ping := bson.D{{Key: "ping", Value: 1}}
	if err := s.store.collection.Database().RunCommand(mongo.NewSessionContext(ctx, session), ping).Err(); err != nil {
		return ClusterTime{}, fmt.Errorf("read the server's time: %w", err)
	}
	return operationTime(session), nil
}

// replaced says how the collection is not the one that was followed.
func (s *Source) replaced(now uuid.UUID) error {
	if now == (uuid.UUID{}) {
		return fmt.Errorf("%w: %s is gone", ErrInvalidated, s.store.Name())
	}
	return fmt.Errorf("%w: %s is another collection than before", ErrInvalidated, s.store.Name())
}

func changeID(v bson.RawValue) ProductID {
	id, _ := idOf(bsoncore.Value{Type: bsoncore.Type(v.Type), Data: v.Value})
	return id
}

func clone(raw bson.Raw) bson.Raw {
	if raw == nil {
		return nil
	}
	return append(make(bson.Raw, 0, len(raw)), raw...)
}
