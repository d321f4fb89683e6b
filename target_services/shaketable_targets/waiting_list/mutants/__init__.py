"""The waiting list with one plausible mistake each."""
