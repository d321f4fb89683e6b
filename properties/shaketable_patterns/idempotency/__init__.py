"""Idempotent consumers and idempotency keys: done once and only once, whatever is repeated (ID)."""
