"""HTML by construction: text is escaped unless it is markup already, so that no caller has to escape."""

from __future__ import annotations

from html import escape

from shaketable.report.printable import printable


class Markup(str):
    """Text that is HTML. Only `element` and `join` make it."""

    __slots__ = ()


_VOID = frozenset({"meta", "line", "circle", "rect", "path"})


def element(name: str, /, *children: str, **attributes: str | int | float) -> Markup:
    """Return `<name attributes>children</name>`; an attribute's name loses trailing underscores (`class_`)."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(str(value))}"' for key, value in attributes.items()
    )
    if name in _VOID and not children:
        return Markup(f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Return the children side by side, each escaped unless it is markup."""
    return Markup("".join(c if isinstance(c, Markup) else _text(c) for c in children))


def scrolling(label: str, *children: str, class_: str = "scroll") -> Markup:
    """Return a part that scrolls sideways where it is wider than the screen, with the keyboard too."""
    return element("div", *children, class_=class_, tabindex=0, role="group", aria_label=label)


def anchor(prefix: str, name: str) -> str:
    """Return an id for links that is made from a name of the subject's."""
    return f"{prefix}-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in name)


def _text(text: str) -> str:
    return escape(printable(text), quote=True)
