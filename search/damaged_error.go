package search

import "errors"

// errDamaged marks what was readable and is not whole.
var errDamaged = errors.New("damaged")
