// Package surrogate finds the one kind of text that is not Unicode though its JSON is
// valid UTF-8: an escape such as \ud83d without its other half. encoding/json reads it
// as U+FFFD and says nothing.
package surrogate
