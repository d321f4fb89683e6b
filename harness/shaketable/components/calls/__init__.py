"""Calls: one in flight, how it may end, how it is written into the history, and how it is read out of it again."""
