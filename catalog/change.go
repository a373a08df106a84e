package catalog

import (
	"time"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// ProductID is a product's stable id: the document's _id as text.
type ProductID string

// Op says what a Change does.
type Op uint8

const (
	// OpTick carries only a position: the source has nothing before it left to
	// send. It moves an idle follower.
	OpTick Op = iota
	// OpUpsert carries the whole document as the source held it.
	OpUpsert
	// OpDelete says that the product is gone.
	OpDelete
)

// ClusterTime is MongoDB's logical clock: seconds, then an ordinal within them.
// It orders events; wall clocks never do.
type ClusterTime struct{ T, I uint32 }

// Position is how far the catalogue has been read: the change stream's resume
// token, and the cluster time that it stands for.
type Position struct {
	Token bson.Raw
	Time  ClusterTime
	// Collection is the collection's own id, so that a position is never used on
	// another collection of the same name; zero where the server does not tell.
	Collection uuid.UUID
}

// Change is one event of the catalogue.
type Change struct {
	ID  ProductID
	Op  Op
	Raw bson.Raw // the document for OpUpsert, else nil; owned by the receiver
	// Position is reached once this change and all before it are applied. During
	// a snapshot it is the zero Position.
	Position Position
	// CommittedAt is the source's wall clock. It labels lag and orders nothing.
	CommittedAt time.Time
}
