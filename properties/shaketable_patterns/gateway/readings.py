"""The readings of a path that one pass over it can give; two passes, or none, give others."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote

_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_ORDINARY = re.compile(r"[A-Za-z0-9._~-]")
_PARAMETERS = re.compile(r";[^/]*")


@lru_cache(4_096)
def canonical(path: str) -> str:
    """Return a path by RFC 3986, 6.2.2: ordinary characters unescaped, dots resolved; doubled slashes are one here."""
    return resolved(_ESCAPE.sub(_read, path))


@lru_cache(4_096)
def readings(path: str) -> frozenset[str]:
    """Return what a gateway may take a path for: with every escape read once or ordinary ones alone, with path parameters or without."""
    plain = (path, _PARAMETERS.sub("", path))
    return frozenset(
        {canonical(one) for one in plain} | {canonical(quote(unquote(one), safe="/;")) for one in plain}
    )


def resolved(path: str) -> str:
    """Return a path without dots and empty segments."""
    found: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            found = found[:-1]
        elif segment not in ("", "."):
            found.append(segment)
    return "/" + "/".join(found)


def lies_below(path: str, prefix: str) -> bool:
    """Tell whether a prefix holds a path, segment by segment."""
    prefix = prefix.rstrip("/")
    return path == prefix or path.startswith(f"{prefix}/")


def _read(escape: re.Match[str]) -> str:
    meant = chr(int(escape[1], 16))
    return meant if _ORDINARY.fullmatch(meant) else escape[0].upper()
