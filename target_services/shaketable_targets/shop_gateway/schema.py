"""The tables of the shop, as DDL."""

from __future__ import annotations

_TEXT = "text NOT NULL"

SCHEMA = {
    "shop": f"""
CREATE TABLE seen (
    id {_TEXT} PRIMARY KEY,
    request {_TEXT},
    instance {_TEXT},
    via {_TEXT},
    method {_TEXT},
    path {_TEXT},
    identity {_TEXT}
);
CREATE TABLE instances (name {_TEXT} PRIMARY KEY, listed boolean NOT NULL);
"""
}
"""DDL by logical database."""
