"""Idempotency stores: the reference for threads and for asyncio on a shared store of records, their mutants, and adapters of two libraries."""
