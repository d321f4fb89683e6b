"""Distributed locks with a lease: one row of a table as ShedLock keeps it, one key of Redis, and adapters of a library's."""
