"""The environment of a black box: the one of its description, with the addresses and times of the run filled in.

Placeholders in a value: `{http_host}` and `{http_port}` are the address on which the part listens; `{name}` is the
address `host:port` of the part's edge to the party `name`, `{name_host}` and `{name_port}` are its halves; `{ms:4000}` is
the real time, in milliseconds, of 4000 milliseconds of the description; `{session_timeout_ms}` is the session timeout of
consumer groups that the broker was told, in real milliseconds, which has a least value. `{{` and `}}` are braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from shaketable.errors import UsageError

Address = tuple[str, int]
"""Host and port."""

SESSION_TIMEOUT = "session_timeout_ms"
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_MS = re.compile(r"ms:([1-9]\d{0,8})")


def environment(
    env: Mapping[str, str],
    listen: Address,
    edges: Mapping[str, Address],
    scale: float,
    session_timeout_ms: int = 0,
) -> dict[str, str]:
    """Return `env` with its placeholders filled in. Raises UsageError, which names a placeholder that is unknown here."""
    known = {**_known(listen, edges), SESSION_TIMEOUT: str(session_timeout_ms)}
    return {name: _filled(f"{name}={value}", known, scale)[len(name) + 1 :] for name, value in env.items()}


def placeholders(value: str) -> tuple[str, ...]:
    """Return the names that `value` asks for, without durations. Raises UsageError for a malformed duration."""
    return tuple(
        found[1]
        for found in _PLACEHOLDER.finditer(value)
        if found[1] is not None and _duration(found[1], value) is None
    )


def names_for(party: str) -> tuple[str, str, str]:
    """Return the placeholders for the edge to `party`: its address, its host, its port."""
    word = party.replace("-", "_")
    return word, f"{word}_host", f"{word}_port"


def _known(listen: Address, edges: Mapping[str, Address]) -> dict[str, str]:
    known = {"http_host": listen[0], "http_port": str(listen[1])}
    for party, (host, port) in edges.items():
        known.update(zip(names_for(party), (f"{host}:{port}", host, str(port)), strict=True))
    return known


def _filled(value: str, known: Mapping[str, str], scale: float) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return found[0][0]
        duration_ms = _duration(name, value)
        if duration_ms is not None:
            return str(max(1, round(duration_ms / scale)))
        if name not in known:
            raise UsageError(
                f"{value!r} asks for {{{name}}}; there are {', '.join(sorted(known))} and ms:NUMBER"
            )
        return known[name]

    return _PLACEHOLDER.sub(fill, value)


def _duration(name: str, value: str) -> int | None:
    if not name.startswith("ms:"):
        return None
    found = _MS.fullmatch(name)
    if found is None:
        raise UsageError(f"{value!r}: {{{name}}} is no duration, write {{ms:4000}}")
    return int(found[1])
