"""Dead letters: an event that failed is kept, reported, and can be done again (DL)."""
