"""Calling a third party as the listings do: without a key."""

from __future__ import annotations

from shaketable_targets.order_system.partner import Partner


class UnkeyedPartner(Partner):
    """Every request is a new one to the third party."""

    __slots__ = ()

    def headers(self, key: str) -> dict[str, str]:
        return {}
