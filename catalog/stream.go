package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	// idleWait is how long the server waits for an event before it answers with
	// none; so an idle stream's position moves at most this often, and a fresh
	// event waits for nothing.
	idleWait = 250 * time.Millisecond
	// maxAhead is how many seconds a position may be ahead of what the server says
	// is its time, which on a sharded cluster lags behind its streams.
	maxAhead = 60
	// streamBatch is how many events one round trip may bring.
	streamBatch = 1000
	// closeWait bounds the farewell to a server.
	closeWait = 2 * time.Second
)

// watch opens a change stream, after a token or from now. Updates bring the
// document as it is when the event is read, never the update's description:
// with it, an event could be larger than the server can send.
func (s *Store) watch(ctx context.Context, after bson.Raw) (*mongo.ChangeStream, error) {
	opts := options.ChangeStream().SetFullDocument(options.UpdateLookup).
		SetMaxAwaitTime(idleWait).SetBatchSize(streamBatch)
	if after != nil {
		opts.SetResumeAfter(after)
	}
	unneeded := bson.D{{Key: "updateDescription", Value: 0}, {Key: "lsid", Value: 0}}
	return s.collection.Watch(ctx, mongo.Pipeline{{{Key: "$project", Value: unneeded}}}, opts)
}

// Stream hands over everything after a position, in the server's order, until
// the context ends or an error occurs. ErrPositionLost and ErrInvalidated call
// for a new snapshot; after any other error Stream may be called again from the
// last position.
func (s *Source) Stream(ctx context.Context, from Position, emit func(Change) error) error {
	from, stream, err := s.resume(ctx, from)
	if err != nil {
		return err
	}
	defer s.store.closeStream(ctx, stream)
	f := follower{source: s, stream: stream, position: from, emit: emit, twins: twins{store: s.store}}
	if err := s.store.patiently(ctx, f.twins.look); err != nil {
		return err
	}
	for {
		if err := f.step(ctx); err != nil {
			return err
		}
	}
}

// resume opens a change stream after a position.
func (s *Source) resume(ctx context.Context, from Position) (Position, *mongo.ChangeStream, error) {
	ctx, cancel := context.WithTimeout(ctx, s.store.answer)
	defer cancel()
	from, err := s.resumable(ctx, from)
	if err != nil {
		return from, nil, err
	}
	stream, err := s.store.watch(ctx, from.Token)
	if err != nil {
		return from, nil, s.streamError(err)
	}
	return from, stream, nil
}

// closeStream tells the server that a stream is at an end, without waiting long for
// one that does not answer.
func (s *Store) closeStream(ctx context.Context, stream *mongo.ChangeStream) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWait)
	defer cancel()
	_ = stream.Close(ctx) // the server forgets it by itself
}

// resumable checks that the position belongs to this server and collection. A
// server that was restored or replaced would otherwise take the token and send
// nothing, or the wrong thing, without a word.
func (s *Source) resumable(ctx context.Context, from Position) (Position, error) {
	if len(from.Token) == 0 {
		return from, fmt.Errorf("%w: it is empty", ErrPositionLost)
	}
	head, err := s.Head(ctx)
	if err != nil {
		return from, err
	}
	if !head.IsZero() && from.Time.T > head.T && from.Time.T-head.T > maxAhead {
		return from, fmt.Errorf("%w: it is at %s, but the server is only at %s; it was restored or replaced", ErrPositionLost, from.Time, head)
	}
	id, err := s.store.collectionID(ctx)
	if err != nil {
		return from, err
	}
	if from.Collection == (uuid.UUID{}) {
		from.Collection = id
	} else if id != from.Collection {
		return from, s.replaced(id)
	}
	return from, nil
}

// follower is the work of one Stream call.
type follower struct {
	source   *Source
	stream   *mongo.ChangeStream
	position Position
	emit     func(Change) error
	twins    twins
	silent   bson.Raw // the server's token at the last silence; nil after an event
}

// step hands over one event, or after a silence the position if it has moved.
func (f *follower) step(ctx context.Context) error {
	if f.advance(ctx) {
		f.silent = nil
		return f.event(ctx, f.stream.Current)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f.stream.Err(); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%w for %v, as when the network drops packets: %w", ErrSilent, f.source.store.answer, err)
		}
		return f.source.streamError(err)
	}
	if f.stream.ID() == 0 {
		return fmt.Errorf("%w: the server ended the stream of %s", ErrInvalidated, f.source.store.Name())
	}
	return f.tick(f.stream.ResumeToken())
}

// tick moves an idle position to where the server stood one silence ago. Not to
// where it stands now: there are servers that name a time before the writes of
// that time can be read. What they held back then has come since, or it comes
// before the next silence.
func (f *follower) tick(token bson.Raw) error {
	before := f.silent
	f.silent = clone(token)
	if len(before) == 0 || bytes.Equal(before, f.position.Token) {
		return nil
	}
	t, _ := tokenTime(before)
	f.move(before, t)
	return f.emit(Change{Op: OpTick, Position: f.position, CommittedAt: f.position.Time.Wall()})
}

func (f *follower) advance(ctx context.Context) bool {
	if f.stream.RemainingBatchLength() > 0 {
		return f.stream.TryNext(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, f.source.store.answer)
	defer cancel()
	return f.stream.TryNext(ctx)
}

// move sets the position. Its time never goes back, not even by an event whose
// time the server took before another's that it sent earlier.
func (f *follower) move(token bson.Raw, t ClusterTime) {
	f.position.Token = clone(token)
	if t.Compare(f.position.Time) > 0 {
		f.position.Time = t
	}
}

// event is what a change stream says of one operation. Its parts lie in the
// stream's own memory.
type event struct {
	token     bson.Raw
	operation string
	time      ClusterTime
	wall      time.Time
	id        bson.RawValue
	document  bson.Raw // nil if there is none
	// partial: it is part of a transaction, whose events have one time.
	partial bool
}

// reached is the time that is reached once the event is applied. More events of its
// transaction may come; that they were the last the next event tells, or a silence.
func (e event) reached() ClusterTime {
	switch t := e.time; {
	case !e.partial:
		return t
	case t.I > 0:
		return ClusterTime{T: t.T, I: t.I - 1}
	default:
		return ClusterTime{T: t.T - min(t.T, 1), I: math.MaxUint32}
	}
}

func readEvent(raw bson.Raw) (event, error) {
	var e event
	elems, err := raw.Elements()
	if err != nil {
		return e, err
	}
	for _, elem := range elems {
		v := elem.Value()
		switch elem.Key() {
		case "_id":
			e.token, _ = v.DocumentOK()
		case "operationType":
			e.operation, _ = v.StringValueOK()
		case "clusterTime":
			e.time.T, e.time.I, _ = v.TimestampOK()
		case "wallTime":
			e.wall, _ = v.TimeOK()
		case "documentKey":
			key, _ := v.DocumentOK()
			e.id = key.Lookup("_id")
		case "fullDocument":
			e.document, _ = v.DocumentOK()
		case "txnNumber":
			e.partial = true
		}
	}
	if e.wall.IsZero() { // servers before 6.0
		e.wall = e.time.Wall()
	}
	e.wall = e.wall.UTC()
	if len(e.token) == 0 || e.operation == "" {
		return e, errors.New("it has no token or no type")
	}
	return e, nil
}

func (f *follower) event(ctx context.Context, raw bson.Raw) error {
	e, err := readEvent(raw)
	if err != nil {
		return fmt.Errorf("read change event: %w", err)
	}
	change := Change{Op: OpDelete, CommittedAt: e.wall}
	switch e.operation {
	case "insert", "update", "replace":
		// No document means that it was deleted after the update; the delete's own
		// event follows.
		if e.document != nil {
			change.Op, change.Raw = OpUpsert, clone(e.document)
		}
	case "delete":
	case "drop", "rename", "dropDatabase", "invalidate":
		return fmt.Errorf("%w: %s had the event %s at %s", ErrInvalidated, f.source.store.Name(), e.operation, e.time)
	default: // an operation of a later server that changes no document
		f.move(e.token, e.reached())
		return f.emit(Change{Op: OpTick, Position: f.position, CommittedAt: e.wall})
	}
	changes, err := f.twins.resolve(ctx, e.id, change)
	if err != nil {
		return err
	}
	before := f.position
	f.move(e.token, e.reached())
	for i, change := range changes {
		change.Position = before
		if i == len(changes)-1 { // only then nothing is missing
			change.Position = f.position
		}
		if err := f.emit(change); err != nil {
			return err
		}
	}
	return nil
}

// streamError tells a position that will never work again from an error that
// passes.
func (s *Source) streamError(err error) error {
	switch {
	case hasCode(err, codeChangeStreamHistory, codeChangeStreamFatal, codeCappedPositionLost):
		return fmt.Errorf("%w: the server has dropped the history after it: %w", ErrPositionLost, err)
	case hasCode(err, codeFailedToParse, codeInvalidResumeToken, codeResumeTokenText, codeResumeTokenBytes):
		return fmt.Errorf("%w: the server does not accept its token: %w", ErrPositionLost, err)
	case hasCode(err, codeBSONObjectTooLarge):
		// The same event would fail for ever; a snapshot goes round it.
		return fmt.Errorf("%w: the next event is larger than the server can send: %w", ErrPositionLost, err)
	case errors.Is(err, context.Canceled):
		return err
	}
	return s.store.refused("watch", err)
}
