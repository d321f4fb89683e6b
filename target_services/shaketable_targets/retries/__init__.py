"""Retries: one policy under which calls are tried again, for asyncio and for threads, and adapters of libraries."""
