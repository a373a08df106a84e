package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"github.com/aisle-search/aisle/catalog/bsondoc"
)

// Document is a product's own document as it is stored.
type Document struct {
	ID      ProductID
	Version Version
	Raw     bson.Raw
}

// Condition says what must hold for a write to be made. The zero Condition
// demands nothing.
type Condition struct {
	Version Version // the stored document has this version
	Exists  bool    // there is a stored document
	Absent  bool    // there is none
}

func (c Condition) check(old bson.Raw) error {
	switch {
	case c.Absent && old != nil:
		return ErrVersionMismatch
	case old == nil && (c.Exists || c.Version != ""):
		return ErrVersionMismatch
	case c.Version != "" && VersionOf(old) != c.Version:
		return ErrVersionMismatch
	}
	return nil
}

// Written is the outcome of a write.
type Written struct {
	ID      ProductID
	Version Version // of what is stored now; empty after a delete
	// Time is when the write, or whatever it found done already, was committed: a
	// reader whose position has reached it sees the write.
	Time    ClusterTime
	Created bool
}

// Get reads one product's document. The error is ErrNotFound if there is none.
func (s *Store) Get(ctx context.Context, id ProductID) (Document, error) {
	raw, err := s.find(ctx, id)
	if err != nil {
		return Document{}, err
	}
	if raw == nil {
		return Document{}, ErrNotFound
	}
	return Document{ID: id, Version: VersionOf(raw), Raw: raw}, nil
}

// Put stores a whole document, given as JSON (see Schema.ParseDocument), in
// place of the present one or as a new one. What does not fit the schema is an
// *InvalidError.
func (s *Store) Put(ctx context.Context, id ProductID, doc []byte, cond Condition) (Written, error) {
	given, err := s.schema.ParseDocument(doc)
	if err != nil {
		return Written{}, err
	}
	return s.write(ctx, id, cond, cond.Version != "", func(old bson.Raw) (bson.Raw, error) {
		next := given
		if _, err := given.LookupErr("_id"); err != nil {
			next = bsondoc.WithID(storedID(old, id), given)
		}
		return next, s.verify(id, old, next)
	})
}

// Patch changes a document by a JSON merge patch (RFC 7386), given as relaxed
// extended JSON. What the patch does not name is stored as it was.
func (s *Store) Patch(ctx context.Context, id ProductID, patch []byte, cond Condition) (Written, error) {
	changes, err := parseJSON(patch)
	if err != nil {
		return Written{}, err
	}
	return s.write(ctx, id, cond, true, func(old bson.Raw) (bson.Raw, error) {
		if old == nil {
			return nil, ErrNotFound
		}
		next, err := s.schema.normalize(bsondoc.MergePatch(old, changes))
		if err != nil {
			return nil, err
		}
		return next, s.verify(id, old, next)
	})
}

// Delete removes a document.
func (s *Store) Delete(ctx context.Context, id ProductID, cond Condition) (Written, error) {
	return s.write(ctx, id, cond, cond.Version != "", func(old bson.Raw) (bson.Raw, error) {
		if old == nil {
			return nil, ErrNotFound
		}
		return nil, nil
	})
}

// verify refuses what would become a dead letter, and any change of the id.
func (s *Store) verify(id ProductID, old, next bson.Raw) error {
	p, err := s.schema.Product(next)
	if err != nil {
		return err
	}
	given := next.Lookup("_id")
	if p.ID != id || old != nil && !old.Lookup("_id").Equal(given) {
		return invalid("_id", "_id", "differs from the product's id")
	}
	return nil
}

// maxAttempts bounds how often a write is tried again because others came first.
const maxAttempts = 64

// write reads a document, lets change say what shall be stored (nil deletes),
// and stores that, guarded only if the document is still as it was read; where
// another writer came first it begins again. It is one atomic statement per
// attempt, see DESIGN.md.
func (s *Store) write(ctx context.Context, id ProductID, cond Condition, guarded bool, change func(old bson.Raw) (bson.Raw, error)) (Written, error) {
	session, err := s.client.StartSession()
	if err != nil {
		return Written{}, fmt.Errorf("write product: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	inSession := mongo.NewSessionContext(ctx, session)
	var last bson.Raw
	same := 0 // attempts in a row that found the same document
	for attempt := range maxAttempts {
		if err := pause(ctx, attempt); err != nil {
			return Written{}, fmt.Errorf("write product: %w", err)
		}
		old, err := s.find(inSession, id)
		if err != nil {
			return Written{}, err
		}
		if old == nil || !bytes.Equal(old, last) {
			last, same = old, 0
		}
		same++
		next, err := change(old)
		if err == nil || errors.Is(err, ErrNotFound) {
			if broken := cond.check(old); broken != nil {
				return Written{}, broken
			}
		}
		if err != nil {
			return Written{}, err
		}
		if same > 3 && next != nil {
			next = old // nobody comes first: to this server the two are equal
		}
		stored, err := s.replace(inSession, old, next, guarded)
		if err != nil {
			return Written{}, s.refused("write", err)
		}
		if stored {
			w := Written{ID: id, Time: operationTime(session), Created: old == nil}
			if next != nil {
				w.Version = VersionOf(next)
			}
			return w, nil
		}
	}
	return Written{}, ErrConflict
}

// replace stores next in place of old; guarded, only if the document is still
// old. False means that it is not: another writer came first.
func (s *Store) replace(ctx context.Context, old, next bson.Raw, guarded bool) (bool, error) {
	switch {
	case old == nil:
		_, err := s.collection.InsertOne(ctx, next)
		if mongo.IsDuplicateKeyError(err) {
			return false, nil
		}
		return err == nil, err
	case bytes.Equal(old, next):
		return true, nil
	case next == nil:
		filter := byID(old)
		if guarded {
			filter = append(filter, bson.E{Key: "$expr", Value: unchanged(old)})
		}
		result, err := s.collection.DeleteOne(ctx, filter)
		return err == nil && result.DeletedCount == 1, err
	case guarded:
		// The condition stands in the update, not the filter, because then every
		// server finds the document by its id alone.
		swap := bson.D{{Key: "$cond", Value: bson.A{unchanged(old), literal(next), "$$ROOT"}}}
		result, err := s.collection.UpdateOne(ctx, byID(old), mongo.Pipeline{{{Key: "$replaceWith", Value: swap}}})
		return err == nil && result.ModifiedCount == 1, err
	}
	result, err := s.collection.ReplaceOne(ctx, byID(old), next)
	return err == nil && result.MatchedCount == 1, err
}

func byID(old bson.Raw) bson.D { return bson.D{{Key: "_id", Value: old.Lookup("_id")}} }

// unchanged is true of a document as long as it is as it was read.
func unchanged(old bson.Raw) bson.D {
	return bson.D{{Key: "$eq", Value: bson.A{"$$ROOT", literal(old)}}}
}

func literal(raw bson.Raw) bson.D { return bson.D{{Key: "$literal", Value: raw}} }

// find reads the document of a product id; nil if there is none. The id may
// stand for values of several types; text goes first.
func (s *Store) find(ctx context.Context, id ProductID) (bson.Raw, error) {
	ids := candidates(id)
	cursor, err := s.collection.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}},
		options.Find().SetLimit(int64(len(ids))))
	if err != nil {
		return nil, s.refused("read", err)
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	var found bson.Raw
	for cursor.Next(ctx) {
		if found == nil || cursor.Current.Lookup("_id").Type == bson.TypeString {
			found = append(bson.Raw(nil), cursor.Current...)
		}
	}
	if err := cursor.Err(); err != nil {
		return nil, s.refused("read", err)
	}
	return found, nil
}

// candidates are the _id values whose text is the product id.
func candidates(id ProductID) bson.A {
	text := string(id)
	out := bson.A{text}
	if object, err := bson.ObjectIDFromHex(text); err == nil && object.Hex() == text {
		out = append(out, object)
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		out = append(out, n)
	}
	if value, ok := parseTypedID(id); ok {
		out = append(out, value)
	}
	if u, err := uuid.Parse(text); err == nil && u.String() == text {
		out = append(out, bson.Binary{Subtype: bson.TypeBinaryUUID, Data: u[:]})
	}
	return out
}

// storedID is the _id to store: the present one, or the text.
func storedID(old bson.Raw, id ProductID) bson.RawValue {
	if old != nil {
		return old.Lookup("_id")
	}
	return bson.RawValue{Type: bson.TypeString, Value: bsoncore.AppendString(nil, string(id))}
}

// pause waits before all attempts but the first, longer and longer up to 50 ms,
// at random so that writers of the same product part.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return ctx.Err()
	}
	most := min(time.Millisecond<<min(attempt, 6), 50*time.Millisecond)
	timer := time.NewTimer(rand.N(most))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func operationTime(session *mongo.Session) ClusterTime {
	if t := session.OperationTime(); t != nil {
		return ClusterTime{T: t.T, I: t.I}
	}
	return ClusterTime{}
}
