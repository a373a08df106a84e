// Package config reads the file that --config names; docs/configuration.md describes it.
//
// Invariants:
//   - Unknown keys and values out of range are errors that name the file and the key.
//   - What the file leaves out has its default once it is loaded.
//
// What is done with the values is left to the wiring.
package config
