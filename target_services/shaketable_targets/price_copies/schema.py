"""The table of a copy, as DDL."""

from __future__ import annotations

COPIES = ("copy-a", "copy-b", "copy-c")
PRICES = """
CREATE TABLE prices (
    product text COLLATE "C" PRIMARY KEY,
    price bigint NOT NULL,
    version bigint NOT NULL
);
"""
SCHEMA = dict.fromkeys(COPIES, PRICES)
