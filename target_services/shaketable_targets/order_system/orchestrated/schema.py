"""The tables of the orchestrated system, as DDL: those of the order system, with what its participants and sagas need."""

from __future__ import annotations

from shaketable_targets.order_system.schema import SCHEMA as BASE

_TEXT = 'text COLLATE "C" NOT NULL'
_NUMBER = "bigint NOT NULL"
_SAGAS = f"""
CREATE TABLE sagas (
    id {_TEXT} PRIMARY KEY,
    status {_TEXT},
    item text,
    quantity bigint,
    amount bigint,
    steps {_TEXT},
    attempts {_TEXT},
    parked {_TEXT},
    filed {_TEXT},
    owner {_TEXT},
    epoch {_NUMBER},
    until_ms {_NUMBER},
    wake_ms {_NUMBER}
);
CREATE INDEX sagas_by_status ON sagas (status, wake_ms);
"""
_COURIERS = f"""
CREATE TABLE couriers (
    "order" {_TEXT} PRIMARY KEY,
    status {_TEXT}
);
"""
_KEY = "ALTER TABLE payments ADD COLUMN key text;\n"

SCHEMA = {
    **BASE,
    "payment": BASE["payment"] + _KEY,
    "inventory": BASE["inventory"] + _COURIERS,
    "orchestrator": _SAGAS + BASE["notification"].replace("processed", "inbox"),
}
"""DDL by logical database."""
