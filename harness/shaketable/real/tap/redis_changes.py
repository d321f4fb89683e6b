"""Changes of a cache, read from a command and its reply: named and shaped as the simulated world's cache records them.

Read are SET, DEL and UNLINK, INCR and its kin, ZADD without options, ZREM, FLUSHALL and FLUSHDB, and the well-known script
that compares and deletes. Nothing is said of a command that is queued in a transaction, of other scripts, and of one that
took several keys of which only some were there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from shaketable.history import Json

Change = dict[str, Json]
_COMPARE_AND_DELETE = re.compile(
    r"""redis\.call\(\s*['"]get['"]\s*,\s*KEYS\[1\]\s*\)\s*==\s*ARGV\[1\].*"""
    r"""redis\.call\(\s*['"]del['"]\s*,\s*KEYS\[1\]\s*\)""",
    re.IGNORECASE | re.DOTALL,
)
_COUNTS = frozenset({"INCR", "INCRBY", "DECR", "DECRBY"})


class Scripts:
    """The scripts of one server that the tap has seen, by the name by which EVALSHA calls them."""

    def __init__(self) -> None:
        self._by_digest: dict[str, str] = {}

    def learn(self, words: Sequence[str]) -> None:
        """Remember the script that a command carries, if it is EVAL or SCRIPT LOAD."""
        if words[0] == "EVAL" and len(words) > 1:
            text = words[1]
        elif words[0] == "SCRIPT" and len(words) > 2 and words[1].upper() == "LOAD":
            text = words[2]
        else:
            return
        self._by_digest[hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()] = text

    def compares_and_deletes(self, words: Sequence[str]) -> bool:
        """Tell whether this EVAL or EVALSHA deletes its one key if it holds its argument."""
        text = self._by_digest.get(words[1].lower(), "") if words[0] == "EVALSHA" else words[1]
        return bool(len(words) > 4 and words[2] == "1" and _COMPARE_AND_DELETE.search(text))


def changes_of(words: Sequence[str], kind: str, line: str, scripts: Scripts) -> list[Change]:
    """Return what a command changed.

    `words` are the command's, the first in upper case; `kind` and `line` are the type and the first line of its reply.
    """
    if not words or kind == "-" or line == "QUEUED":
        return []
    verb, rest = words[0], words[1:]
    number = int(line) if kind == ":" and line.lstrip("-").isdigit() else None
    match verb:
        case "SET" if len(rest) > 1:
            return [] if _is_null(kind, line) else [_change("SET", rest[0], rest[1])]
        case "DEL" | "UNLINK":
            return [_change("DEL", key) for key in rest] if number == len(rest) else []
        case "EVAL" | "EVALSHA" if scripts.compares_and_deletes(words):
            return [_change("DEL", words[3], words[4])] if number else []
        case "ZADD" if len(rest) % 2 and all(_is_score(score) for score in rest[1::2]):
            pairs = zip(rest[2::2], rest[1::2], strict=True)
            return [_change("ZADD", rest[0], [member, _score(score)]) for member, score in pairs]
        case "ZREM":
            return (
                [_change("ZREM", rest[0], member) for member in rest[1:]] if number == len(rest) - 1 else []
            )
        case "FLUSHALL" | "FLUSHDB":
            return [_change("FLUSHALL", "")]
        case _ if verb in _COUNTS and rest and number is not None:
            return [_change("INCR", rest[0], number)]
        case _:
            return []


def _change(op: str, key: str, value: Json = None) -> Change:
    return {"op": op, "key": key, "value": value}


def _is_null(kind: str, line: str) -> bool:
    return kind == "_" or (kind in "$*" and line == "-1")


def _is_score(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _score(text: str) -> int | float:
    score = float(text)
    return int(score) if score.is_integer() else score
