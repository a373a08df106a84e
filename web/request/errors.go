package request

// Error names what is wrong and why.
type Error struct{ Field, Reason string }

func (e *Error) Error() string { return e.Field + " " + e.Reason }

// Invalid is the error for one wrong input.
func Invalid(field, reason string) *Error { return &Error{Field: field, Reason: reason} }

// MediaTypeError is the error for a body of a type that is not understood.
type MediaTypeError struct{ Advice string }

func (e *MediaTypeError) Error() string { return "body: " + e.Advice }
