"""Text of a subject, made safe and short for a terminal or a page.

Names, values and messages come from the code under test or from an untrusted file. A terminal obeys escape sequences,
and a bidirectional override makes a line read backwards, so neither is ever passed on.
"""

from __future__ import annotations

from shaketable.history import Json

_DEPTH_MAX = 3
_ITEMS_MAX = 8


def printable(text: str) -> str:
    """Return `text` on one line, with every character that is not printable written as its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def clipped(text: str, width: int) -> str:
    """Cut `text` to at most `width` characters; an ellipsis stands for the rest."""
    return text if len(text) <= width else text[: width - 1] + "…"


def short(value: Json, width: int = 96) -> str:
    """Write a JSON value without braces and quotes, such as `order=o1 amount=300`, in at most `width` characters."""
    return clipped(_plain(value, 0, width), width)


def _plain(value: Json, depth: int, width: int) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return _word(value, width)
        case dict() | list() | tuple() if depth >= _DEPTH_MAX:
            return "…"
        case dict():
            parts = [f"{printable(str(k))}={_inner(v, depth, width)}" for k, v in _first(value.items())]
            return " ".join(parts) + (" …" if len(value) > _ITEMS_MAX else "")
        case list() | tuple():
            parts = [_inner(v, depth, width) for v in _first(value)]
            return ", ".join(parts) + (", …" if len(value) > _ITEMS_MAX else "")
        case _:
            return printable(clipped(str(value), width))


def _first(items: Json) -> list[Json]:
    return [item for item, _ in zip(items, range(_ITEMS_MAX), strict=False)]


def _inner(value: Json, depth: int, width: int) -> str:
    text = _plain(value, depth + 1, width)
    return f"({text})" if isinstance(value, (dict, list, tuple)) else clipped(text, 40)


def _word(text: str, width: int) -> str:
    text = printable(text[: width + 1])
    return text if text and " " not in text and "=" not in text else f"“{text}”"


def duration(ms: int) -> str:
    """Write milliseconds in a readable unit: `250 ms`, `1.5 s`, `2 min`."""
    if abs(ms) < 1_000:
        return f"{ms} ms"
    if abs(ms) < 120_000 or ms % 60_000:
        return f"{ms / 1_000:g} s"
    return f"{ms // 60_000} min"


def plain_name(name: str) -> str:
    """Write an identifier such as `money_kept` as separate words."""
    return printable(name.replace("_", " ").replace("-", " "))
