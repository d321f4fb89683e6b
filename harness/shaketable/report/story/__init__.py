"""The story of a violation: its steps, and under each what came of it."""
