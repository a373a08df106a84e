package folder

import "errors"

// ErrDamaged marks what was readable and is not whole.
var ErrDamaged = errors.New("damaged")
