"""HTML by construction: text is escaped unless it is markup already, so nothing can be forgotten."""

from __future__ import annotations

from html import escape

from shaketable.report.printable import printable


class Markup(str):
    """Text that is HTML. Only `element` and `join` make it."""

    __slots__ = ()


VOID = frozenset({"meta", "br", "line", "circle", "rect", "path"})


def element(name: str, /, *children: str, **attributes: str | int | float) -> Markup:
    """`<name attributes>children</name>`; a trailing underscore of an attribute name is dropped (`class_`)."""
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(str(value))}"' for key, value in attributes.items()
    )
    if name in VOID and not children:
        return Markup(f"<{name}{said}/>")
    return Markup(f"<{name}{said}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Children side by side, each escaped unless it is markup."""
    return Markup("".join(c if isinstance(c, Markup) else _text(c) for c in children))


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
