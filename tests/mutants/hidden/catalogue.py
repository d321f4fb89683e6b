"""Every hidden mutant."""

from __future__ import annotations

from tests.mutants.hidden import (
    breakers_asyncio,
    breakers_sync,
    bulkheads,
    dead_letters,
    keys_payload,
    keys_records,
    outbox_lock,
    outbox_rows,
    saga_choreographed,
    saga_orchestrated,
    server_errors,
    two_instances,
)
from tests.mutants.hidden.declared import Hidden

MUTANTS: tuple[Hidden, ...] = (
    *saga_choreographed.MUTANTS,
    *saga_orchestrated.MUTANTS,
    *outbox_lock.MUTANTS,
    *outbox_rows.MUTANTS,
    *keys_payload.MUTANTS,
    *keys_records.MUTANTS,
    *dead_letters.MUTANTS,
    *breakers_asyncio.MUTANTS,
    *breakers_sync.MUTANTS,
    *bulkheads.MUTANTS,
    *server_errors.MUTANTS,
    *two_instances.MUTANTS,
)
