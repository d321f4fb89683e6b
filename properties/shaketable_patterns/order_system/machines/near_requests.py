"""Requests that are not the same and that a careless comparison takes for the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from shaketable.history import Json

Request = dict[str, Json]
_TEXTS = ("order", "item")
_COMPARED = ("order", "item", "quantity", "amount")
_SEPARATORS = "-/:|,. "


def near_requests(value: Request) -> tuple[tuple[Request, ...], ...]:
    """Return other requests under the key of `value`, by what takes them for it; no kind is empty."""
    kinds = (_moved, _cased, _blanks, _accents, _ends, _numbers, _types)
    return tuple(found for kind in kinds if (found := tuple(kind(value))))


def _moved(value: Request) -> Iterator[Request]:
    """Yield the requests of which two fields, written in a row, read the same."""
    for first in _COMPARED:
        for second in _COMPARED:
            if first != second:
                for one, other in _splits(str(value[first]), str(value[second])):
                    moved = _as(value[first], one), _as(value[second], other)
                    if None not in moved:
                        yield value | {first: moved[0], second: moved[1]}


def _splits(first: str, second: str) -> Iterator[tuple[str, str]]:
    """Yield two texts that in a row are `first` and `second`, also with a separator between them that one of them has."""
    yield first[:-1], first[-1] + second
    yield first + second[:1], second[1:]
    for separator in _SEPARATORS:
        if separator in second:
            head, _, tail = second.partition(separator)
            yield f"{first}{separator}{head}", tail
        if separator in first:
            head, _, tail = first.rpartition(separator)
            yield head, f"{tail}{separator}{second}"


def _as(like: Json, text: str) -> Json:
    """Return `text` as a value of the type of `like`; None if it is not written like one, or is none that may be asked for."""
    if isinstance(like, str):
        return text or None
    return int(text) if text.isascii() and text.isdecimal() and text[0] != "0" else None


def _texts(value: Request, change: Callable[[str], str]) -> Iterator[Request]:
    for field in _TEXTS:
        changed = change(str(value[field]))
        if changed and changed != value[field]:
            yield value | {field: changed}


def _cased(value: Request) -> Iterator[Request]:
    for change in (str.upper, str.title, str.lower, str.swapcase):
        yield from _texts(value, change)


def _blanks(value: Request) -> Iterator[Request]:
    for change in (lambda t: f"{t} ", lambda t: f" {t}", lambda t: f"{t}\t", lambda t: t.replace(" ", "")):
        yield from _texts(value, change)


def _accents(value: Request) -> Iterator[Request]:
    """Yield the requests that differ in letters outside ASCII, which some leave out, replace or take apart."""
    for change in (
        lambda t: f"{t}ä",
        lambda t: f"{t}\u200b",
        lambda t: unicodedata.normalize("NFD", t),
        lambda t: t.encode("ascii", "ignore").decode(),
        lambda t: "".join(
            chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t
        ),  # as wide as an ideograph
    ):
        yield from _texts(value, change)


def _ends(value: Request) -> Iterator[Request]:
    """Yield the requests that begin alike."""
    for change in (lambda t: f"{t}0", lambda t: f"{t}{'x' * 40}", lambda t: t[:-1]):
        yield from _texts(value, change)


def _numbers(value: Request) -> Iterator[Request]:
    """Yield the requests whose figures are one off, change places, or are the same in few bits or without a sign."""
    quantity, amount = value["quantity"], value["amount"]
    if quantity != amount:
        yield value | {"quantity": amount, "amount": quantity}
    for more in (1, 2**8, 2**32):
        yield value | {"amount": amount + more}
        yield value | {"quantity": quantity + more}
    yield value | {"amount": -amount}


def _types(value: Request) -> Iterator[Request]:
    """Yield the requests with something else that is as false, as true or written alike: all of them are wrong."""
    falsy: tuple[Json, ...] = (0, "", None, True, [], {})
    for instead in falsy:
        yield value | {"quantity": instead}
        yield value | {"item": instead}


def other_request(value: Request, pick: int, *, near: bool = False) -> Request:
    """Return the key with another order, with one figure of its order changed, or the order under another key.

    With `near`, mostly one of `near_requests`, each of whose kinds is as likely as another.
    """
    pick, kind = divmod(pick, 4)
    if near and kind:
        kinds = near_requests(value)
        pick, which = divmod(pick, len(kinds))
        return kinds[which][pick % len(kinds[which])]
    match kind:
        case 0:
            return value | {"order": f"{value['order']}-other", "amount": value["amount"] + 1}
        case 1:
            return value | {"amount": value["amount"] + 1}
        case 2:
            return value | {"quantity": value["quantity"] + 1}
        case _:
            return value | {"key": f"{value['key']}-other"}
