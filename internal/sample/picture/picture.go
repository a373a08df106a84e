package picture

// DefaultTint is the tint of what has neither colour nor telling material.
const DefaultTint = "sand"
