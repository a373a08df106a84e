package search

// Memory is what an index keeps in memory beside Bleve's mapped files, in bytes,
// about.
type Memory struct {
	Columns    int64 // of the schema's fields, ids, lengths and sorted orders
	Attributes int64 // columns of attributes that were asked for; bounded
	Postings   int64 // decoded lists of terms that were asked for; bounded
	Values     int64 // dictionaries of keyword values
}

// Memory adds up what the current view's segments keep.
func (x *Index) Memory() Memory {
	m := Memory{Attributes: x.generation.Attributes.Bytes(), Postings: x.generation.Hot.Bytes(), Values: x.generation.Dictionaries.Bytes()}
	v, err := x.acquire()
	if err != nil {
		return m
	}
	defer v.Release()
	for _, s := range v.Segments {
		m.Columns += s.Columns.Bytes()
	}
	return m
}
