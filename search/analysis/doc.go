// Package analysis turns the texts and codes of products, and what searchers
// type, into terms.
package analysis
