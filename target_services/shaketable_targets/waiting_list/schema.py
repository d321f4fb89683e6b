"""The tables of the waiting list, as DDL. Text sorts by code point, whatever the locale of the server."""

from __future__ import annotations

_TEXT = 'text COLLATE "C" NOT NULL'
_NUMBER = "bigint NOT NULL"

SCHEMA = {
    "waiting": f"""
CREATE TABLE places (name {_TEXT} PRIMARY KEY);
CREATE TABLE waitings (
    id {_TEXT} PRIMARY KEY,
    place {_TEXT},
    party {_NUMBER},
    status {_TEXT},
    created_ms {_NUMBER},
    version {_NUMBER}
);
CREATE INDEX waitings_active ON waitings (place, created_ms, id) WHERE status = 'WAITING';
"""
}
"""DDL by logical database."""
