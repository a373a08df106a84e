// Package encode writes the answers that must be quick, search pages and
// products, as JSON, and tells by a tag whether two of them say the same.
//
// Invariants:
//   - What is written is valid JSON whatever the page holds, given that display
//     and detail fields are valid JSON objects.
//   - Numbers that JSON has no spelling for become null.
//   - Bounds of facets are spelled as filters on the field take them.
//
// Which headers go along is left to web.
package encode
