"""The values of one run: plain ones; in three runs of ten some of them are odd."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from shaketable.boundary import Boundary, Route, address_key
from shaketable.fault import Fault, MessageFault
from shaketable.history import Json
from shaketable_patterns.order_system.externals import DECLINED_AMOUNT
from shaketable_patterns.order_system.machines.odd_values import (
    AMOUNTS,
    IDENTIFIERS,
    ITEMS,
    KEYS,
    PAIRS,
    QUANTITIES,
    Texts,
)

ORDERS = (
    ("apple", 1, 10),
    ("apple", 2, 5),
    ("pear", 1, 7),
    ("pear", 2, 20),
    ("pear", 3, 8),  # more than there ever are: OUT_OF_STOCK
    ("apple", 1, DECLINED_AMOUNT),
)
OUT_OF_STOCK = 4
"""The order of more pears than there are: it is charged, and then has to be refunded."""
_ENDS = ("OrderConfirmed", "OrderCancelled")
_ODD_RUNS_PERCENT = 30
_ODD = ("names", "names", "names", "names", "names", "keys", "pairs", "items", "amounts", "quantities")
"""What is odd in a run: mostly the names, for there are many ways and it takes two of one way to be confused."""
_FAMILIES = len(IDENTIFIERS) * len(KEYS)
_SHARES = (1, 1, 1, 1, 1, 2)
"""Every value of an odd field is odd, or every second."""
_PLAIN: dict[str, Texts] = {
    "order": lambda n: f"o{n}",
    "about": lambda n: f"n{n}",
    "key": lambda n: f"k{n}",
    "event_id": lambda n: f"e{n}",
}
_NUMBERED = re.compile(r"([on])([1-9]\d*)")


def order_value(number: int, kind: int) -> dict[str, Json]:
    """Return the `number`-th order (from 1); it is one of `ORDERS`."""
    return Values().order(number, kind)


def announcement(number: int, kind: int) -> dict[str, Json]:
    """Return the `number`-th event (from 1) that says how an order ended; each is about an order of its own."""
    return Values().announcement(number, kind)


class Values:
    """How the orders and events of one run are called, and what they are about.

    One field or two are odd. A field is odd in one way throughout a run: it takes two values of a family to be confused.
    """

    def __init__(
        self, odd: Mapping[str, Texts] = {}, *, items: int = 0, amounts: int = 0, quantities: int = 0
    ) -> None:
        self._texts = _PLAIN | dict(odd)
        self._items, self._amounts, self._quantities = items, amounts, quantities
        self.is_odd = bool(odd or items or amounts or quantities)

    @staticmethod
    def drawn(pick: int) -> Values:
        """Decode one drawn number."""
        pick, share = divmod(pick, 100)
        if share >= _ODD_RUNS_PERCENT:
            return Values()
        odd: dict[str, Texts] = {}
        every: dict[str, int] = {}
        pick, more = divmod(pick, 2)
        for _ in range(1 + more):
            pick, which = divmod(pick, len(_ODD))
            pick, share = divmod(pick, len(_SHARES))
            pick, family = divmod(pick, _FAMILIES)
            match _ODD[which]:
                case "names":
                    texts = IDENTIFIERS[family % len(IDENTIFIERS)]
                    odd |= {field: _mixed(texts, plain, _SHARES[share]) for field, plain in _PLAIN.items()}
                case "keys":
                    odd["key"] = _mixed(KEYS[family % len(KEYS)], _PLAIN["key"], _SHARES[share])
                case "pairs":
                    first, second = PAIRS[family % len(PAIRS)]
                    odd |= {"order": first, "about": first, "key": second, "event_id": second}
                case field:
                    every[field] = _SHARES[share]
        return Values(odd, **every)

    def order(self, number: int, kind: int) -> dict[str, Json]:
        """Return the `number`-th order (from 1); `kind` says which of `ORDERS` it would be, and which odd values it has."""
        kind, plain = divmod(kind, len(ORDERS))
        item, quantity, amount = ORDERS[plain]
        if self._items and not number % self._items:
            item = ITEMS[kind % len(ITEMS)]
        if self._amounts and not number % self._amounts:
            amount = AMOUNTS[kind % len(AMOUNTS)]
        if self._quantities and not number % self._quantities:
            quantity = QUANTITIES[kind % len(QUANTITIES)]
        return {
            "order": self._texts["order"](number),
            "item": item,
            "quantity": quantity,
            "amount": amount,
            "key": self._texts["key"](number),
        }

    def announcement(self, number: int, kind: int, about: int = 0) -> dict[str, Json]:
        """Return the `number`-th event (from 1) that says how an order ended; `about` is its number, if it is not the same."""
        return {
            "event_id": self._texts["event_id"](number),
            "type": _ENDS[kind % len(_ENDS)],
            "order": self._texts["about"](about or number),
            "item": "apple",
            "quantity": 1,
            "amount": 10,
        }

    def called(self, fault: Fault) -> Fault:
        """Return `fault` at the message of the order as it is called here: boundaries are those of plain values."""
        if not self.is_odd or not isinstance(fault, MessageFault):
            return fault
        route, n = fault.boundary
        topic, slash, key = route.key.partition("/")
        found = _NUMBERED.fullmatch(key)
        if not slash or found is None:
            return fault
        text = self._texts["order" if found[1] == "o" else "about"](int(found[2]))
        at = Boundary(Route(route.sender, route.receiver, route.verb, f"{topic}/{address_key(text)}"), n)
        return msgspec.structs.replace(fault, at=str(at))


def _mixed(odd: Texts, plain: Texts, share: int) -> Texts:
    return odd if share == 1 else lambda number: plain(number) if number % share else odd(number)
