"""The order saga: what must hold of money, stock and status, however the steps fail (patterns.md, SG)."""
