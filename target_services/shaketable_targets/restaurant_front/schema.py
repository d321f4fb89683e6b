"""The tables of the front, as DDL."""

from __future__ import annotations

SCHEMA = {
    "front": """
CREATE TABLE orders (id text PRIMARY KEY, item text NOT NULL, quantity bigint NOT NULL);
CREATE TABLE mails ("order" text PRIMARY KEY, status text NOT NULL, owed_ms bigint NOT NULL);
CREATE INDEX mails_owed ON mails (owed_ms, "order") WHERE status = 'PENDING';
"""
}
"""DDL by logical database."""
