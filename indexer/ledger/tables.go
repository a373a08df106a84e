package ledger

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/aisle-search/aisle/orders/postgres"
	"github.com/aisle-search/aisle/orders/replication"
)

// The file holds a bucket of facts about itself and one bucket per epoch. One
// epoch is current; another may be a snapshot under way. In an epoch, rows are
// kept by their key, lines also by their day, and sums by product.
var (
	metaBucket  = []byte("meta")
	epochKey    = []byte("epoch")
	positionKey = []byte("position")
	horizonKey  = []byte("horizon")

	stockBucket = []byte("stock")
	linesBucket = []byte("lines")
	daysBucket  = []byte("days")
	sumsBucket  = []byte("sums")
)

type tables struct{ epoch, stock, lines, days, sums *bbolt.Bucket }

func epochName(n uint64) []byte { return fmt.Appendf(nil, "epoch-%020d", n) }

// prepare makes the buckets of a new file and removes what a snapshot that was
// not finished left behind.
func (l *Ledger) prepare(tx *bbolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(metaBucket); err != nil {
		return err
	}
	if err := dropOtherEpochs(tx); err != nil {
		return err
	}
	return createEpoch(tx, currentEpoch(tx))
}

func currentEpoch(tx *bbolt.Tx) uint64 {
	if b := tx.Bucket(metaBucket).Get(epochKey); len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func setCurrentEpoch(tx *bbolt.Tx, n uint64) error {
	return tx.Bucket(metaBucket).Put(epochKey, binary.BigEndian.AppendUint64(nil, n))
}

func position(tx *bbolt.Tx) (postgres.LSN, bool) {
	if b := tx.Bucket(metaBucket).Get(positionKey); len(b) == 8 {
		return postgres.LSN(binary.BigEndian.Uint64(b)), true
	}
	return 0, false
}

func setPosition(tx *bbolt.Tx, lsn postgres.LSN) error {
	return tx.Bucket(metaBucket).Put(positionKey, binary.BigEndian.AppendUint64(nil, uint64(lsn)))
}

func createEpoch(tx *bbolt.Tx, n uint64) error {
	epoch, err := tx.CreateBucketIfNotExists(epochName(n))
	if err != nil {
		return err
	}
	for _, name := range [][]byte{stockBucket, linesBucket, daysBucket, sumsBucket} {
		if _, err := epoch.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}

func dropOtherEpochs(tx *bbolt.Tx) error {
	keep := string(epochName(currentEpoch(tx)))
	var others [][]byte
	err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		if string(name) != keep && string(name) != string(metaBucket) {
			others = append(others, append([]byte(nil), name...))
		}
		return nil
	})
	for _, name := range others {
		if err == nil {
			err = tx.DeleteBucket(name)
		}
	}
	return err
}

func openTables(tx *bbolt.Tx, n uint64) (*tables, error) {
	epoch := tx.Bucket(epochName(n))
	if epoch == nil {
		return nil, fmt.Errorf("%w: epoch %d is missing", errRecord, n)
	}
	t := &tables{
		epoch: epoch,
		stock: epoch.Bucket(stockBucket),
		lines: epoch.Bucket(linesBucket),
		days:  epoch.Bucket(daysBucket),
		sums:  epoch.Bucket(sumsBucket),
	}
	if t.stock == nil || t.lines == nil || t.days == nil || t.sums == nil {
		return nil, fmt.Errorf("%w: epoch %d is not whole", errRecord, n)
	}
	return t, nil
}

// rows is the bucket that holds rows of a kind.
func (t *tables) rows(kind replication.Kind) *bbolt.Bucket {
	if kind == replication.KindStock {
		return t.stock
	}
	return t.lines
}

// renew empties one of the epoch's buckets.
func (t *tables) renew(name []byte) (*bbolt.Bucket, error) {
	if err := t.epoch.DeleteBucket(name); err != nil {
		return nil, err
	}
	return t.epoch.CreateBucket(name)
}

func dayKey(day Day, key []byte) []byte {
	// The sign bit is turned so that days before 1970 sort first.
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(key)), uint32(day)^1<<31)
	return append(b, key...)
}

func dayOfKey(b []byte) Day { return Day(int32(binary.BigEndian.Uint32(b) ^ 1<<31)) }

// dropLines removes up to limit lines up to and including the horizon. Their
// sums hold those days no longer, or ignore them.
func (t *tables) dropLines(horizon Day, limit int) (dropped int, err error) {
	var keys [][]byte
	cursor := t.days.Cursor()
	for key, _ := cursor.First(); key != nil && len(keys) < limit && dayOfKey(key) <= horizon; key, _ = cursor.Next() {
		keys = append(keys, append([]byte(nil), key...))
	}
	for _, key := range keys {
		if err := t.days.Delete(key); err != nil {
			return dropped, err
		}
		if err := t.lines.Delete(key[4:]); err != nil {
			return dropped, err
		}
		dropped++
	}
	return dropped, nil
}
