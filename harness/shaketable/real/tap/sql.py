"""The name of a SQL statement at a boundary: its verb and its table, as in the simulated world.

`COPY ... TO` is a COPY_OUT, for it writes nothing; a FETCH has the table of its cursor, which only the connection knows. The table is named as the statement says it, with its schema unless that is `public`; what is not quoted is lower case,
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
    "COPY_OUT": re.compile(rf"^\s*COPY\s+{_NAME}\s*(?:\([^)]*\)\s*)?TO\b", re.IGNORECASE),
    "DECLARE": re.compile(rf"\bFROM\s+(?:ONLY\s+)?{_NAME}", re.IGNORECASE),
    "CALL": re.compile(rf"^\s*CALL\s+{_NAME}", re.IGNORECASE),
}
_COPIED_QUERY = re.compile(r"^\s*COPY\s*\((.*)\)\s*TO\b", re.IGNORECASE | re.DOTALL)
_LAST_NAME = re.compile(r'("(?:[^"]|"")+"|[\w$]+)\s*$')
_FIRST_NAME = re.compile(r'^\s*\w+\s+("(?:[^"]|"")+"|[\w$]+)')
_TO_SAVEPOINT = re.compile(r"^\s*ROLLBACK\s+(?:WORK\s+|TRANSACTION\s+)?TO\b", re.IGNORECASE)
_ENDS_PREPARED = re.compile(r"\b(COMMIT|ROLLBACK)\s+PREPARED\s+'((?:[^']|'')*)'", re.IGNORECASE)
_ENDED = re.compile(r"^\s*(?:COMMIT|ROLLBACK)\s+PREPARED\b", re.IGNORECASE)
_PREPARES = re.compile(r"^\s*PREPARE\s+TRANSACTION\b", re.IGNORECASE)
_QUOTED_NAME = re.compile(r"\"(?:[^\"]|\"\")*\"")
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "CALL")
"""Statements that write; the tables that a procedure wrote cannot be told, so its own name counts."""
BEGINS = ("BEGIN", "START")
COMMITS = ("COMMIT", "END")
ABORTS = ("ROLLBACK", "ABORT")
PREPARES = "PREPARE_TRANSACTION"
ASIDE = ("SAVEPOINT", "ROLLBACK_TO", "RELEASE", "CLOSE")
"""Statements about what a transaction has open, not about a table."""


Statement = tuple[str, str]
"""Verb and table; the table is "" where there is none, and the name of what is no table in a statement about that:
SAVEPOINT, ROLLBACK_TO, RELEASE (a savepoint), FETCH and CLOSE (a cursor)."""


@lru_cache(maxsize=2048)
def statements(sql: str) -> tuple[Statement, ...]:
    """Return the statements of `sql`, in order."""
    return tuple(_name(part) for part in _parts(sql))


@lru_cache(maxsize=2048)
def cursors(sql: str) -> tuple[tuple[str, str], ...]:
    """Return (name, table) of each cursor that `sql` declares."""
    named = ((part, _name(part)) for part in _parts(sql))
    return tuple(
        (_identifier(_FIRST_NAME, part), table) for part, (verb, table) in named if verb == "DECLARE"
    )


def _parts(sql: str) -> list[str]:
    """Return the text of each statement, without comments and the content of literals."""
    sql = _ENDS_PREPARED.sub(_name_of_prepared, sql)
    parts = _split(_ASIDE.sub(lambda found: found["name"] or ("''" if found["text"] else " "), sql))
    return [part for part in parts if part.strip()]


def _name_of_prepared(found: re.Match[str]) -> str:
    """Write the name of a prepared transaction as a quoted name: it tells its boundaries apart."""
    name = found[2].replace("''", "'").replace('"', '""')
    return f'{found[1]} PREPARED "{name}"'


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


def _name(statement: str) -> Statement:
    words = statement.split(None, 1)
    verb = words[0].upper().lstrip("(")
    if verb == "WITH":  # the outermost data-modifying verb, if any, is what the statement is about
        verb = next((v for v in WRITES if _TABLE[v].search(statement)), "SELECT")
    elif verb.startswith("COPY"):
        if queried := _COPIED_QUERY.search(statement):
            inner = _name(queried[1])
            return inner if inner[0] in WRITES else ("COPY_OUT", inner[1])
        verb = "COPY_OUT" if _TABLE["COPY_OUT"].search(statement) else "COPY"
    elif verb == "ROLLBACK" and _TO_SAVEPOINT.search(statement):
        return "ROLLBACK_TO", _identifier(_LAST_NAME, statement)
    elif verb in ("COMMIT", "ROLLBACK") and _ENDED.search(statement):
        return f"{verb}_PREPARED", address_key(_identifier(_LAST_NAME, statement))
    elif _PREPARES.search(statement):
        return "PREPARE_TRANSACTION", ""
    elif verb in ("SAVEPOINT", "RELEASE", "FETCH", "CLOSE"):
        return verb, _identifier(_LAST_NAME, statement)
    pattern = _TABLE.get(verb)
    found = pattern.search(statement) if pattern else None
    return verb, "" if found is None else _table(found[1])


def _table(name: str) -> str:
    *schemas, table = (half[1] or half[2].lower() for half in _HALF.finditer(name))
    return address_key(name_of(schemas[-1] if schemas else "", table.replace('""', '"')))


def _identifier(pattern: re.Pattern[str], statement: str) -> str:
    """Return a name as PostgreSQL reads it: lower case unless it is quoted."""
    found = pattern.search(statement)
    if found is None:
        return ""
    return found[1][1:-1].replace('""', '"') if found[1].startswith('"') else found[1].lower()
