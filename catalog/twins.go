package catalog

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// twins tells apart documents whose _ids are different values of the same text, such
// as 9 and "9". The one whose _id is text is the product; the other goes by an id of
// its own, see typedID, under which no document is a product.
//
// Only a collection that has _ids both of text and of other types can have twins. Of
// others nothing is asked.
type twins struct {
	store       *Store
	text, other bool // kinds of _ids that were seen
}

// look finds out which kinds of _ids there are. They lie in order of their types.
func (t *twins) look(ctx context.Context) error {
	for _, q := range []struct {
		filter bson.D
		order  int
	}{
		{bson.D{}, 1}, {bson.D{}, -1}, {bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: ""}}}}, 1},
	} {
		if t.mixed() {
			break
		}
		raw, err := t.store.collection.FindOne(ctx, q.filter, options.FindOne().
			SetSort(bson.D{{Key: "_id", Value: q.order}}).SetHint(bson.D{{Key: "_id", Value: 1}}).
			SetProjection(bson.D{{Key: "_id", Value: 1}})).Raw()
		if errors.Is(err, mongo.ErrNoDocuments) {
			continue
		}
		if err != nil {
			return t.store.refused("read", err)
		}
		t.saw(raw.Lookup("_id"))
	}
	return nil
}

func (t *twins) saw(id bson.RawValue) {
	if id.Type == bson.TypeString {
		t.text = true
	} else {
		t.other = true
	}
}

func (t *twins) mixed() bool { return t.text && t.other }

// resolve gives the changes that a document's change comes to: its own is the last.
//
// What it reads of the twin is what the server holds now. The twin's own changes since
// then come, too, and are resolved in turn.
func (t *twins) resolve(ctx context.Context, id bson.RawValue, change Change) ([]Change, error) {
	t.saw(id)
	change.ID = changeID(id)
	ids := candidates(change.ID)
	if !t.mixed() || len(ids) < 2 {
		return []Change{change}, nil
	}
	isText := id.Type == bson.TypeString
	sought := ids[0]
	if isText {
		sought = ids[1]
	}
	ctx, cancel := context.WithTimeout(ctx, t.store.answer)
	defer cancel()
	twin, err := t.store.collection.FindOne(ctx, bson.D{{Key: "_id", Value: sought}}).Raw()
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, t.store.refused("read", err)
	}
	beside := Change{ID: typedID(change.ID), Op: OpDelete, CommittedAt: change.CommittedAt}
	switch {
	case twin == nil:
		return []Change{beside, change}, nil // nothing is left to be reported
	case !isText:
		change.ID = beside.ID
		return []Change{change}, nil
	case change.Op == OpDelete:
		change.Op, change.Raw = OpUpsert, twin
		return []Change{beside, change}, nil
	}
	beside.Op, beside.Raw = OpUpsert, twin
	return []Change{beside, change}, nil
}

// typedID names the document whose _id has the text of a product id but is no text: by
// the _id as extended JSON.
func typedID(id ProductID) ProductID {
	value := candidates(id)[1]
	if n, ok := value.(int64); ok { // whatever type of number it is stored as: these are equal
		return ProductID(`{"$numberLong":"` + strconv.FormatInt(n, 10) + `"}`)
	}
	kind, data, err := bson.MarshalValue(value)
	if err != nil {
		return id // it cannot: candidates made it
	}
	return ProductID(bsoncore.Value{Type: bsoncore.Type(kind), Data: data}.String())
}

// parseTypedID undoes typedID.
func parseTypedID(id ProductID) (any, bool) {
	if !strings.HasPrefix(string(id), `{"$`) {
		return nil, false
	}
	var d bson.D
	if err := bson.UnmarshalExtJSON([]byte(`{"_id":`+string(id)+`}`), true, &d); err != nil || len(d) != 1 {
		return nil, false
	}
	return d[0].Value, true
}

// Read reads the document of a change as Product does, and finds it invalid if it is
// the twin of a product.
func (s *Schema) Read(c Change) (Product, error) {
	p, err := s.Product(c.Raw)
	if err == nil && p.ID != c.ID {
		return Product{}, &InvalidError{ID: c.ID, Hidden: !p.Visible, Fields: []FieldError{{
			Field: "_id", Path: "_id", Reason: "as text is " + quoted(string(p.ID)) + ", which is the _id of another document: give one of them another",
		}}}
	}
	return p, err
}
