"""Values, frames and the machine that a run owns."""
