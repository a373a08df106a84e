package request

// Error names what is wrong and why.
type Error struct{ Field, Reason string }

func (e *Error) Error() string { return e.Field + " " + e.Reason }

// Invalid is the error for one wrong input.
func Invalid(field, reason string) *Error { return &Error{Field: field, Reason: reason} }
