"""Changes of a cache, read from a command and its reply: named and shaped as the simulated world's cache records them.

Read are SET and its older kin, DEL and UNLINK, RENAME, INCR and its kin, ZADD without options, ZREM, FLUSHALL and FLUSHDB, and
two well-known scripts: one compares and deletes, the other compares one key and sets another. Any other command that may have written is told as `UNREAD`, with its first key
and its verb: other scripts and functions, other types of values, and one that took several keys of which only some were
there. What a transaction queues is told when EXEC says that it was done (`shaketable.real.tap.redis_transaction`).
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
_COMPARE_AND_SET = re.compile(
    r"""redis\.call\(\s*['"]get['"]\s*,\s*KEYS\[2\]\s*\)\s*==\s*ARGV\[1\].*"""
    r"""redis\.call\(\s*['"]set['"]\s*,\s*KEYS\[1\]\s*,\s*ARGV\[2\]""",
    re.IGNORECASE | re.DOTALL,
)
_COUNTS = frozenset({"INCR", "INCRBY", "DECR", "DECRBY"})
_WORDS_MAX = 16
"""So many words of a command are kept: one that has as many may have had more."""
_SCRIPTS = frozenset({"EVAL", "EVALSHA", "FCALL"})
_OTHER_WRITES = frozenset(
    [
        "APPEND",
        "BITFIELD",
        "BITOP",
        "BLMOVE",
        "BLMPOP",
        "BLPOP",
        "BRPOP",
        "BRPOPLPUSH",
        "BZMPOP",
        "BZPOPMAX",
        "BZPOPMIN",
        "COPY",
        "EXPIRE",
        "EXPIREAT",
        "GEOADD",
        "GEOSEARCHSTORE",
        "GETEX",
        "GETSET",
        "HDEL",
        "HEXPIRE",
        "HINCRBY",
        "HINCRBYFLOAT",
        "HMSET",
        "HPEXPIRE",
        "HSET",
        "HSETNX",
        "INCRBYFLOAT",
        "LINSERT",
        "LMOVE",
        "LMPOP",
        "LPOP",
        "LPUSH",
        "LPUSHX",
        "LREM",
        "LSET",
        "LTRIM",
        "MOVE",
        "MSET",
        "MSETNX",
        "PERSIST",
        "PEXPIRE",
        "PEXPIREAT",
        "PFADD",
        "PFMERGE",
        "RENAMENX",
        "RESTORE",
        "RPOP",
        "RPOPLPUSH",
        "RPUSH",
        "RPUSHX",
        "SADD",
        "SDIFFSTORE",
        "SETBIT",
        "SETRANGE",
        "SINTERSTORE",
        "SMOVE",
        "SORT",
        "SPOP",
        "SREM",
        "SUNIONSTORE",
        "SWAPDB",
        "XACK",
        "XADD",
        "XAUTOCLAIM",
        "XCLAIM",
        "XDEL",
        "XGROUP",
        "XREADGROUP",
        "XSETID",
        "XTRIM",
        "ZDIFFSTORE",
        "ZINCRBY",
        "ZINTERSTORE",
        "ZMPOP",
        "ZPOPMAX",
        "ZPOPMIN",
        "ZRANGESTORE",
        "ZREMRANGEBYLEX",
        "ZREMRANGEBYRANK",
        "ZREMRANGEBYSCORE",
        "ZUNIONSTORE",
    ]
)
"""Commands that write what the simulated world's cache has not (Redis documentation, command flag `write`)."""
_READ = frozenset(
    [
        "SET",
        "SETNX",
        "SETEX",
        "PSETEX",
        "GETDEL",
        "DEL",
        "UNLINK",
        "RENAME",
        "ZADD",
        "ZREM",
        "FLUSHALL",
        "FLUSHDB",
    ]
)
_WRITES = _READ | _COUNTS | _SCRIPTS | _OTHER_WRITES


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
        return len(words) > 4 and words[2] == "1" and bool(_COMPARE_AND_DELETE.search(self._text(words)))

    def compares_and_sets(self, words: Sequence[str]) -> bool:
        """Tell whether this EVAL or EVALSHA sets its first key to its second argument if its second key holds the first."""
        return len(words) > 6 and words[2] == "2" and bool(_COMPARE_AND_SET.search(self._text(words)))

    def _text(self, words: Sequence[str]) -> str:
        return self._by_digest.get(words[1].lower(), "") if words[0] == "EVALSHA" else words[1]


def changes_of(words: Sequence[str], kind: str, line: str, scripts: Scripts) -> list[Change]:
    """Return what a command changed.

    `words` are the command's, the first in upper case; `kind` and `line` are the type and the first line of its reply, and
    empty for one that was done and whose reply was not kept.
    """
    if not words or kind == "-" or (kind, line) == ("+", "QUEUED"):
        return []
    verb, rest = words[0], words[1:]
    if not kind:  # it was done, and how it ended is not known
        return [_unread(verb, rest)] if verb in _WRITES else []
    number = int(line) if kind == ":" and line.lstrip("-").isdigit() else None
    match verb:
        case "SET" if "GET" in {word.upper() for word in rest[2:]}:
            return [_unread(verb, rest)]  # its reply is the value before, and says nothing of this one
        case "SET" if len(rest) > 1:
            return [] if _is_null(kind, line) else [_change("SET", rest[0], rest[1])]
        case "SETNX" if len(rest) > 1:
            return [_change("SET", rest[0], rest[1])] if number else []
        case "SETEX" | "PSETEX" if len(rest) > 2:
            return [_change("SET", rest[0], rest[2])]
        case "GETDEL" if rest:
            return [] if _is_null(kind, line) else [_change("DEL", rest[0])]
        case "DEL" | "UNLINK" if number != len(rest):
            return [_unread(verb, rest)] if number else []
        case "DEL" | "UNLINK":
            return [_change("DEL", key) for key in rest]
        case "EVAL" | "EVALSHA" if scripts.compares_and_deletes(words):
            return [_change("DEL", words[3], words[4])] if number else []
        case "EVAL" | "EVALSHA" if scripts.compares_and_sets(words):
            return [_change("SET", words[3], words[6])] if number else []
        case "RENAME" if len(rest) > 1:
            return [_change("RENAME", rest[0], rest[1])]
        case "ZADD" if _is_plain(rest):
            pairs = zip(rest[2::2], rest[1::2], strict=True)
            return [_change("ZADD", rest[0], [member, _score(score)]) for member, score in pairs]
        case "ZREM" if number != len(rest) - 1:
            return [_unread(verb, rest)] if number else []
        case "ZREM":
            return [_change("ZREM", rest[0], member) for member in rest[1:]]
        case "FLUSHALL" | "FLUSHDB":
            return [_change("FLUSHALL", "")]
        case _ if verb in _COUNTS and rest and number is not None:
            return [_change("INCR", rest[0], number)]
        case _ if verb in _SCRIPTS:
            return [_unread(verb, words[3:4] if words[2:3] != ["0"] else [])]
        case _ if verb == "ZADD" or verb in _OTHER_WRITES:
            return [] if _is_null(kind, line) else [_unread(verb, rest)]
        case _:
            return []


def _unread(verb: str, keys: Sequence[str]) -> Change:
    return _change("UNREAD", keys[0] if keys else "", verb)


def _is_plain(rest: Sequence[str]) -> bool:
    """Tell whether a ZADD has no options, and all of it was kept."""
    return len(rest) % 2 == 1 and len(rest) + 1 < _WORDS_MAX and all(_is_score(score) for score in rest[1::2])


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
