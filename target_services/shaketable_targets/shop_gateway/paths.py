"""The one reading of a path: escapes of ordinary characters are read, dots and doubled slashes resolved; what has two readings is refused."""

from __future__ import annotations

import re
import string

_ORDINARY = frozenset(string.ascii_letters + string.digits + "-._~")
"""RFC 3986, 2.3: an escape of one of these means the character itself."""
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_TWOFOLD = frozenset('/\\%;?#"<>')
"""What some servers take for a separator, or read once more, wherever it was escaped."""


class OddPath(Exception):
    """The path is refused: another server may read it in another way."""


def canonical(path: str) -> str:
    """Return the path as it is routed and passed on. Raises OddPath."""
    if not path.startswith("/") or any(not "!" <= one <= "~" or one in "\\;" for one in path):
        raise OddPath("a character that does not belong there")
    if "%" in _ESCAPE.sub("", path):
        raise OddPath("a percent sign that begins no escape")
    return _resolved(_ESCAPE.sub(_read, path))


def _read(escape: re.Match[str]) -> str:
    meant = chr(int(escape[1], 16))
    if meant in _TWOFOLD or meant < " " or meant == "\x7f":
        raise OddPath(f"{escape[0]} may be read in two ways")
    return meant if meant in _ORDINARY else escape[0].upper()


def _resolved(path: str) -> str:
    found: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if not found:
                raise OddPath("it leads above the root")
            found.pop()
        elif segment not in ("", "."):
            found.append(segment)
    return "/" + "/".join(found)
