"""Small programs, run by Python and read by both readers."""
