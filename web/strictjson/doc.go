// Package strictjson checks JSON from outside before anything is decoded from
// it: valid UTF-8 without halves of surrogate pairs, one value and nothing after it,
// no key twice in an object, a bounded depth. encoding/json lets all of these pass,
// and a second reader of the same bytes may then understand something else.
//
// It keeps nothing and knows no field names; callers take objects apart with
// Object and name what is wrong by path.
package strictjson
