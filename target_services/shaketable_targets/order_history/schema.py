"""The tables of each logical database, as DDL. Text sorts by code point, whatever the locale of the server."""

from __future__ import annotations

from shaketable_targets.order_system.schema import DEAD_LETTERS, OUTBOX

_TEXT = 'text COLLATE "C" NOT NULL'
_NUMBER = "bigint NOT NULL"

_SHOP = f"""
CREATE TABLE orders (
    id {_TEXT} PRIMARY KEY,
    user_id {_TEXT},
    amount {_NUMBER},
    status {_TEXT},
    ordered_ms {_NUMBER},
    version {_NUMBER}
);
CREATE TABLE payments (
    "order" {_TEXT} PRIMARY KEY,
    user_id {_TEXT},
    amount {_NUMBER},
    status {_TEXT},
    ordered_ms {_NUMBER},
    version {_NUMBER}
);
CREATE TABLE accounts (user_id {_TEXT} PRIMARY KEY, balance {_NUMBER} CHECK (balance >= 0));
"""
_HISTORY = f"""
CREATE TABLE generations (number bigint PRIMARY KEY, status {_TEXT});
CREATE TABLE order_summary (
    generation {_NUMBER},
    "order" {_TEXT},
    user_id text,
    amount bigint,
    status text,
    ordered_ms bigint,
    version bigint,
    paid bigint,
    payment_version bigint,
    PRIMARY KEY (generation, "order")
);
CREATE TABLE user_days (
    generation {_NUMBER},
    user_id {_TEXT},
    day {_NUMBER},
    orders {_NUMBER},
    paid {_NUMBER},
    PRIMARY KEY (generation, user_id, day)
);
CREATE TABLE positions (
    generation {_NUMBER},
    topic {_TEXT},
    partition {_NUMBER},
    next {_NUMBER},
    PRIMARY KEY (generation, topic, partition)
);
CREATE TABLE parked (
    generation {_NUMBER},
    topic {_TEXT},
    partition {_NUMBER},
    "offset" {_NUMBER},
    event_id {_TEXT},
    payload {_TEXT},
    cause {_TEXT},
    PRIMARY KEY (generation, topic, partition, "offset")
);
"""
SCHEMA = {"shop": _SHOP + OUTBOX + DEAD_LETTERS, "history": _HISTORY}
"""DDL by logical database."""
