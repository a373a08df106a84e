package catalog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"
)

const (
	maxLine      = 16 << 20 // bytes of one line; longer ones are bad lines
	loadBatch    = 1000     // documents of one round trip
	loadBytes    = 8 << 20  // bytes of one round trip, exceeded by one document at most
	maxBadListed = 1000     // bad lines that a report lists
)

// LoadProgress is how far a load has come.
type LoadProgress struct {
	Lines   int   // read, blank ones left out
	Written int   // stored, or found to be stored already
	Bad     int   // reported and skipped
	Bytes   int64 // of the input as given, so compressed if it is
}

// LoadReport is the outcome of a load.
type LoadReport struct {
	LoadProgress
	Inserted  int
	Changed   int
	Unchanged int
	BadLines  []BadLine // the first of them; LoadProgress.Bad counts all
	// Time is when the last write was committed: an index whose position has
	// reached it holds everything loaded.
	Time ClusterTime
}

// BadLine is a line that was skipped.
type BadLine struct {
	Number int // from 1
	Reason string
}

// Load stores JSON lines, plain or compressed by gzip, one document each. A line
// replaces the document with its _id. Bad lines are reported and do not stop it.
// Loading again what is stored already writes nothing. Memory is bounded by a
// few batches.
func Load(ctx context.Context, store *Store, schema *Schema, r io.Reader, progress func(LoadProgress)) (LoadReport, error) {
	counted := &countingReader{r: r}
	lines, err := decompress(counted)
	if err != nil {
		return LoadReport{}, fmt.Errorf("load: %w", err)
	}
	batches := make(chan batch, 1)
	l := loader{store: store, schema: schema, progress: progress}
	var readErr error // does not cut short the writing of what was read before it
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(batches)
		readErr = l.read(ctx, lines, counted, batches)
		return nil
	})
	group.Go(func() error { return l.write(ctx, batches) })
	if err = group.Wait(); err == nil {
		err = readErr
	}
	if err != nil {
		err = fmt.Errorf("load: %w", err)
	}
	return l.report, err
}

// batch is what the reading half hands to the writing half.
type batch struct {
	docs    []bson.Raw
	numbers []int // the documents' lines
	size    int
	bad     []BadLine
	lines   int
	read    int64 // bytes of input so far
	ids     map[string]bool
}

// loader is the work of one Load. The report belongs to the writing half.
type loader struct {
	store    *Store
	schema   *Schema
	progress func(LoadProgress)
	report   LoadReport
}

// read cuts the input into batches. A batch holds no id twice, so that its
// writes may be made in any order and the last line of an id still wins.
func (l *loader) read(ctx context.Context, lines *bufio.Reader, counted *countingReader, to chan<- batch) error {
	var b batch
	send := func() error {
		b.read = counted.n
		select {
		case to <- b:
			b = batch{}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for number := 1; ; number++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			return send()
		}
		switch {
		case errors.Is(err, errLongLine):
			b.lines++
			b.bad = append(b.bad, BadLine{number, err.Error()})
		case err != nil:
			return errors.Join(send(), fmt.Errorf("line %d: %w", number, err))
		default:
			if number == 1 {
				line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
			}
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			raw, id, err := l.parse(line)
			if err == nil && b.ids[id] {
				if err := send(); err != nil {
					return err
				}
			}
			b.lines++
			if err != nil {
				b.bad = append(b.bad, BadLine{number, err.Error()})
				break
			}
			b.add(number, id, raw)
		}
		if len(b.docs) >= loadBatch || b.size >= loadBytes || len(b.bad) >= loadBatch {
			if err := send(); err != nil {
				return err
			}
		}
	}
}

// parse reads a line. What would become a dead letter is bad already here.
func (l *loader) parse(line []byte) (raw bson.Raw, id string, err error) {
	if raw, err = l.schema.ParseDocument(line); err != nil {
		return nil, "", plain(err)
	}
	p, err := l.schema.Product(raw)
	if err != nil {
		return nil, "", plain(err)
	}
	return raw, string(p.ID), nil
}

// plain is an invalid document's reasons without the package's name, for people.
func plain(err error) error {
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	return errors.New(invalid.reasons())
}

func (b *batch) add(number int, id string, raw bson.Raw) {
	if b.ids == nil {
		b.ids = map[string]bool{}
	}
	b.ids[id] = true
	b.docs = append(b.docs, raw)
	b.numbers = append(b.numbers, number)
	b.size += len(raw)
}

// write stores batches as they come.
func (l *loader) write(ctx context.Context, from <-chan batch) error {
	session, err := l.store.client.StartSession()
	if err != nil {
		return err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	for b := range from {
		if err := l.storeBatch(mongo.NewSessionContext(ctx, session), b); err != nil {
			return err
		}
		l.report.Time = operationTime(session)
		l.report.Bytes = b.read
		if l.progress != nil {
			l.progress(l.report.LoadProgress)
		}
	}
	return ctx.Err()
}

// storeBatch inserts, and then replaces what was there already: servers insert
// many times faster than they look for what to replace.
func (l *loader) storeBatch(ctx context.Context, b batch) error {
	l.report.Lines += b.lines
	for _, bad := range b.bad {
		l.bad(bad)
	}
	if len(b.docs) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	_, err := l.store.collection.InsertMany(ctx, b.docs, options.InsertMany().SetOrdered(false))
	refused, err := writeErrors(err)
	if err != nil {
		return l.store.refused("write", err)
	}
	inserted := len(b.docs) - len(refused)
	l.report.Inserted += inserted
	l.report.Written += inserted
	var again []mongo.WriteModel
	var numbers []int
	for _, e := range refused {
		if e.Code != codeDuplicateKey {
			l.bad(BadLine{b.numbers[e.Index], "MongoDB refuses it: " + e.Message})
			continue
		}
		raw := b.docs[e.Index]
		again = append(again, mongo.NewReplaceOneModel().SetFilter(byID(raw)).SetReplacement(raw).SetUpsert(true))
		numbers = append(numbers, b.numbers[e.Index])
	}
	return l.replace(ctx, again, numbers)
}

func (l *loader) replace(ctx context.Context, models []mongo.WriteModel, numbers []int) error {
	if len(models) == 0 {
		return nil
	}
	result, err := l.store.collection.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	refused, err := writeErrors(err)
	if err != nil {
		return l.store.refused("write", err)
	}
	for _, e := range refused {
		l.bad(BadLine{numbers[e.Index], "MongoDB refuses it: " + e.Message})
	}
	l.report.Inserted += int(result.UpsertedCount)
	l.report.Changed += int(result.ModifiedCount)
	l.report.Unchanged += int(result.MatchedCount - result.ModifiedCount)
	l.report.Written += int(result.UpsertedCount + result.MatchedCount)
	return nil
}

// writeErrors parts the errors of single documents from one of the whole.
func writeErrors(err error) ([]mongo.BulkWriteError, error) {
	var several mongo.BulkWriteException
	if errors.As(err, &several) && several.WriteConcernError == nil {
		return several.WriteErrors, nil
	}
	return nil, err
}

func (l *loader) bad(b BadLine) {
	l.report.Bad++
	if len(l.report.BadLines) < maxBadListed {
		l.report.BadLines = append(l.report.BadLines, b)
	}
}

var errLongLine = fmt.Errorf("is longer than %d bytes", maxLine)

// readLine reads to the end of a line. A line beyond the bound is read past, not
// kept. The memory is reused by the next call only while the line is short.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if err == nil || errors.Is(err, io.EOF) && len(line) > 0 {
		return line, nil
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	long, tooLong := bytes.Clone(line), false
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = r.ReadSlice('\n')
		if tooLong = tooLong || len(long)+len(line) > maxLine; !tooLong {
			long = append(long, line...)
		}
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case tooLong:
		return nil, errLongLine
	}
	return long, nil
}

// decompress looks at the first bytes to tell gzip from plain text.
func decompress(r io.Reader) (*bufio.Reader, error) {
	const window = 256 << 10
	in := bufio.NewReaderSize(r, window)
	magic, err := in.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return in, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, window), nil
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
