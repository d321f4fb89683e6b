"""The tables of each logical database, as DDL."""

from __future__ import annotations

_TEXT = 'text COLLATE "C" NOT NULL'
_NUMBER = "bigint NOT NULL"

SCHEMA = {
    "order": f"""
CREATE TABLE orders (
    id {_TEXT} PRIMARY KEY,
    user_id {_TEXT},
    item {_TEXT},
    quantity {_NUMBER},
    amount {_NUMBER},
    status {_TEXT},
    told boolean NOT NULL
);
CREATE INDEX orders_by_told ON orders (told);
""",
    "payment": f"""
CREATE TABLE accounts (
    user_id {_TEXT} PRIMARY KEY,
    balance {_NUMBER} CHECK (balance >= 0)
);
CREATE TABLE charges (
    "order" {_TEXT} PRIMARY KEY,
    user_id {_TEXT},
    amount {_NUMBER}
);
""",
    "inventory": f"""
CREATE TABLE stock (
    item {_TEXT} PRIMARY KEY,
    available {_NUMBER} CHECK (available >= 0)
);
CREATE TABLE reservations (
    "order" {_TEXT} PRIMARY KEY,
    item {_TEXT},
    quantity {_NUMBER}
);
""",
}
