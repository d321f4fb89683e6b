"""Odd values: what a client may send and a careless service takes for something else, for nothing, or for too much.

Every value here is one that PostgreSQL stores, JSON writes and HTTP carries in a header in UTF-8. So there is no NUL, no
lone surrogate, no control character, and no identifier that is empty or ends in a blank, which HTTP would take off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Texts = Callable[[int], str]
"""A family of identifiers: the n-th one (from 1). Those of one family are what the same mistake confuses."""

_HEAD = "customer-4711-order-of-2026-11-30-at-noon-"
"""Longer than a UUID, and than the columns of 32 and 36 characters that identifiers are cut to; with 24 more, than 64."""
_LONG_HEAD = f"{_HEAD * 6}"
"""Longer than 250 characters. An event with such an order would be too large for the broker; a key is in no event."""
_MARKS = "_%*?.,;:!&|+=~^"
_QUOTES = "'\"`\\$<>{}()[]@"
_SEPARATORS = "-/:|,.;+=&~^!"
_WORDS = ("null", "0", "None", "false", "NaN", "true", "undefined", "-1", "[]", "{}", "1e3", "inf")
_COMPOSED = ("é", "e\u0301", "ä", "a\u0308", "ö", "o\u0308", "ü", "u\u0308", "ñ", "n\u0303", "å", "a\u030a")
_ACCENTED = (
    "resume",
    "résumé",
    "resumé",
    "résume",
    "rèsume",
    "resumè",
    "rêsume",
    "resumê",
    "rësume",
    "resumë",
)


def _cased(number: int) -> str:
    return "".join(letter.upper() if number >> place & 1 else letter for place, letter in enumerate("order"))


IDENTIFIERS: tuple[Texts, ...] = (
    lambda n: chr(0x430 + n),  # nothing is left without what is not ASCII
    lambda n: f"{_HEAD}{chr(0x1F600 + n)}",  # four bytes each, two units of UTF-16
    lambda n: f"{_HEAD}{n}",
    lambda n: f"{_HEAD}{'-' * 24}{n}",
    _cased,
    lambda n: f"o{' ' * n}1",
    lambda n: f"{'0' * (n - 1)}7",  # one number
    lambda n: f"{2**53 + n - 1}",  # one float, two by two
    lambda n: f"o{_nth(_MARKS, n)}1",
    lambda n: f"o{_nth(_QUOTES, n)}1",
    lambda n: f"1{_nth(_SEPARATORS, n)}1",
    lambda n: _nth(_WORDS, n),
    lambda n: f"o{'1' * n}",  # each begins with all before it
    lambda n: _nth(_COMPOSED, n),
    lambda n: _nth(_ACCENTED, n),
)
KEYS: tuple[Texts, ...] = (
    *IDENTIFIERS,
    lambda n: f"{_LONG_HEAD}{n}",
    lambda n: f"5f0c7a0e-0000-4000-8000-123456789abc/{n}",
)


def _nth(texts: Sequence[str], number: int) -> str:
    again, which = divmod(number - 1, len(texts))
    return f"{texts[which]}{again or ''}"


Pairs = tuple[Texts, Texts]
"""Two families whose texts are different pairs and read the same when they are written in a row."""
_LETTERS = "abcdefghijklmnopqrstuvwx"


def _parted(text: str, separator: str) -> Pairs:
    """Return the pairs of which each parts `text` at another place; `separator` stands between its letters."""
    return (
        lambda n: separator.join(text[: n % (len(text) - 1) + 1]) + "-" * (n // (len(text) - 1)),
        lambda n: "-" * (n // (len(text) - 1)) + separator.join(text[n % (len(text) - 1) + 1 :]),
    )


PAIRS: tuple[Pairs, ...] = (
    _parted(f"o{'1' * 22}k", ""),
    *(_parted(_LETTERS, separator) for separator in "-/:|"),
)

ITEMS: tuple[str, ...] = (
    "Apple",
    "APPLE",
    "apple ",
    " apple",
    "app%",
    "äpfel",
    "\U0001f34e",
    "kiwi",
    "0",
    "null",
    "apple/pear",
    "apple-pear",
    "apple\u200b",
    "a" * 100,
    "pear'",
)
"""Items that the stock does not have, though some look as if it did."""
AMOUNTS: tuple[int, ...] = (29, 57, 58, 113, 115, 1_001, 100, 1, 2**31, 2**53 + 1, 10**15 - 1)
"""Cents that are lost on the way through floats, by cutting or rounding, and more than 32 or 53 bits hold."""
QUANTITIES: tuple[int, ...] = (10, 11, 2**31, 255, 1_000)
"""All the apples that there are, one more, and more than an integer or a byte holds."""
UNREADABLE: tuple[object, ...] = (None, "", 0, False, [], {}, 7, ["OrderConfirmed"])
"""What may stand in the place of an event's type, and says none."""
