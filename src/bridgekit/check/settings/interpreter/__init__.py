"""Values, frames and the interpreter that a run owns."""
