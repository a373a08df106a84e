// Package reply writes the answers that are that are made anew each time, as JSON that no
// cache may keep, and spells times as the HTTP contract does.
//
// Answers that must be quick are left to encode, errors to web.
package reply
