"""Idempotent consumers and idempotency keys: once and only once, whatever is repeated (patterns.md, ID)."""
