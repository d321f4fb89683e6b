"""PostgreSQL: its settings for tests, and how to ask whether it is ready."""

from __future__ import annotations

USER = "postgres"
_ANSWER_WITHIN_S = 2

# A committed transaction must survive the death of the server, not of the machine: it is handed to the kernel
# (synchronous_commit), which need not bring it to the disk (fsync).
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "wal_level": "logical",
    "max_replication_slots": "24",
    "max_wal_senders": "24",
    "track_commit_timestamp": "on",
    "max_connections": "200",
    "max_prepared_transactions": "64",
    "deadlock_timeout": "100ms",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",  # in the data folder, so that a kill leaves nothing outside it
    "io_method": "sync",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "2GB",
    "log_checkpoints": "off",
    "timezone": "UTC",
}


async def answers(host: str, port: int) -> bool:
    """Tell whether it takes connections; OSError when nothing listens there."""
    import asyncpg  # who only asks for the settings needs no client

    try:
        connection = await asyncpg.connect(
            host=host, port=port, user=USER, database="postgres", ssl=False, timeout=_ANSWER_WITHIN_S
        )
    except (asyncpg.PostgresError, asyncpg.InterfaceError):  # it listens, and is still starting or recovering
        return False
    await connection.close(timeout=_ANSWER_WITHIN_S)
    return True
