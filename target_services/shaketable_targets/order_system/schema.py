"""The tables of each logical database, as DDL. Text sorts by code point, whatever the locale of the server."""

from __future__ import annotations

_TEXT = 'text COLLATE "C" NOT NULL'
_NUMBER = "bigint NOT NULL"

OUTBOX_TABLE = f"""
CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    event_id {_TEXT} UNIQUE,
    aggregate {_TEXT},
    type {_TEXT},
    topic {_TEXT},
    payload {_TEXT},
    status {_TEXT},
    created_ms {_NUMBER},
    owner {_TEXT},
    attempts {_NUMBER}
);
"""
_OUTBOX_INDEX = "CREATE INDEX outbox_by_status ON outbox (status, created_ms);\n"
OUTBOX = OUTBOX_TABLE + _OUTBOX_INDEX
_INBOX = f"CREATE TABLE inbox (event_id {_TEXT} PRIMARY KEY);\n"
DEAD_LETTERS = f"""
CREATE TABLE dead_letters (
    event_id {_TEXT} PRIMARY KEY,
    topic {_TEXT},
    aggregate {_TEXT},
    payload {_TEXT},
    cause {_TEXT},
    status {_TEXT},
    buried_ms {_NUMBER}
);
"""
_ORDER = f"""
CREATE TABLE orders (
    id {_TEXT} PRIMARY KEY,
    status {_TEXT},
    item text,
    quantity bigint,
    amount bigint
);
CREATE TABLE idempotency (
    key {_TEXT} PRIMARY KEY,
    payload_hash {_TEXT},
    status {_TEXT},
    response {_TEXT},
    owner {_TEXT},
    expires_ms {_NUMBER}
);
CREATE TABLE relay_lock (
    name {_TEXT} PRIMARY KEY,
    owner {_TEXT},
    until_ms {_NUMBER}
);
"""
_PAYMENT = f"""
CREATE TABLE payments (
    "order" {_TEXT} PRIMARY KEY,
    amount bigint,
    status {_TEXT}
);
"""
_INVENTORY = f"""
CREATE TABLE stock (
    item {_TEXT} PRIMARY KEY,
    available {_NUMBER} CHECK (available >= 0),
    reserved {_NUMBER} CHECK (reserved >= 0)
);
CREATE TABLE reservations (
    "order" {_TEXT} PRIMARY KEY,
    item text,
    quantity bigint,
    status {_TEXT}
);
"""
_NOTIFICATION = f"CREATE TABLE processed (event_id {_TEXT} PRIMARY KEY);\n"

SCHEMA = {
    "order": _ORDER + OUTBOX + _INBOX + DEAD_LETTERS,
    "payment": _PAYMENT + OUTBOX + _INBOX + DEAD_LETTERS,
    "inventory": _INVENTORY + OUTBOX + _INBOX + DEAD_LETTERS,
    "notification": _NOTIFICATION + OUTBOX + DEAD_LETTERS,
}
"""DDL by logical database."""

LOGGED_SCHEMA = {
    "order": SCHEMA["order"] + "CREATE PUBLICATION order_outbox FOR TABLE outbox WITH (publish = 'insert');\n"
}
"""The same where relays read the log: what the replication slot of that name reads."""

UNINDEXED_SCHEMA = {"order": SCHEMA["order"].replace(_OUTBOX_INDEX, "")}
"""The same without an index for the relays: a mistake."""
