"""The name of a SQL statement at a boundary: its verb and its table, as in the simulated world.

The table is named as the statement says it, with its schema unless that is `public`; what is not quoted is lower case,
as for PostgreSQL itself.
"""

from __future__ import annotations

import re
from functools import lru_cache

from shaketable.boundary import address_key
from shaketable.descriptions.table_name import name_of

_ASIDE = re.compile(
    r"""(?P<name>"(?:[^"]|"")*")|(?P<text>'(?:[^']|'')*'|\$(\w*)\$.*?\$\3\$)|/\*.*?\*/|--[^\n]*""", re.DOTALL
)
_NAME = r'((?:"(?:[^"]|"")+"|[\w$]+)(?:\s*\.\s*(?:"(?:[^"]|"")+"|[\w$]+))*)'
_HALF = re.compile(r'"((?:[^"]|"")+)"|([\w$]+)')
_TABLE = {
    "INSERT": re.compile(rf"\bINSERT\s+INTO\s+{_NAME}", re.IGNORECASE),
    "UPDATE": re.compile(rf"\bUPDATE\s+(?:ONLY\s+)?{_NAME}", re.IGNORECASE),
    "DELETE": re.compile(rf"\bDELETE\s+FROM\s+(?:ONLY\s+)?{_NAME}", re.IGNORECASE),
    "SELECT": re.compile(rf"\bFROM\s+(?:ONLY\s+)?{_NAME}", re.IGNORECASE),
    "MERGE": re.compile(rf"\bMERGE\s+INTO\s+{_NAME}", re.IGNORECASE),
    "COPY": re.compile(rf"^\s*COPY\s+{_NAME}\s*(?:\([^)]*\)\s*)?FROM\b", re.IGNORECASE),
    "CALL": re.compile(rf"^\s*CALL\s+{_NAME}", re.IGNORECASE),
}
_QUOTED_NAME = re.compile(r"\"(?:[^\"]|\"\")*\"")
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "CALL")
"""Statements that write; the tables that a procedure wrote cannot be told, so its own name counts."""
BEGINS = ("BEGIN", "START")
COMMITS = ("COMMIT", "END")
ABORTS = ("ROLLBACK", "ABORT")


@lru_cache(maxsize=2048)
def statements(sql: str) -> tuple[tuple[str, str], ...]:
    """Return (verb, table) of each statement of `sql`; the table is "" where there is none."""
    parts = _split(_ASIDE.sub(lambda found: found["name"] or ("''" if found["text"] else " "), sql))
    return tuple(_name(part) for part in parts if part.strip())


def _split(sql: str) -> list[str]:
    """Split it at semicolons outside quoted names."""
    parts, start, at = [], 0, 0
    while (end := sql.find(";", at)) >= 0:
        quoted = next((m for m in _QUOTED_NAME.finditer(sql, start) if m.start() < end < m.end()), None)
        if quoted is not None:
            at = quoted.end()
            continue
        parts.append(sql[start:end])
        start = at = end + 1
    return [*parts, sql[start:]]


def _name(statement: str) -> tuple[str, str]:
    words = statement.split(None, 1)
    verb = words[0].upper().lstrip("(")
    if verb == "WITH":  # the outermost data-modifying verb, if any, is what the statement is about
        verb = next((v for v in WRITES if _TABLE[v].search(statement)), "SELECT")
    pattern = _TABLE.get(verb)
    found = pattern.search(statement) if pattern else None
    if found is None:
        return verb, ""
    *schemas, table = (half[1] or half[2].lower() for half in _HALF.finditer(found[1]))
    return verb, address_key(name_of(schemas[-1] if schemas else "", table.replace('""', '"')))
