"""The platform that starts instances: a third party that gives each start an address, and keeps a ledger of them."""

from __future__ import annotations

from shaketable.history import Json
from shaketable.ports import Request, Response
from shaketable.subject import External
from shaketable_patterns.order_system.externals import Keyed
from shaketable_targets.discovery.settings import PLATFORM


class Platform(Keyed):
    """POST /addresses {instance} => 200 {address, generation}: one address for each key, none of them twice."""

    _generation = 0

    def _act(self, request: Request, key: str) -> Response:
        del key
        self._generation += 1
        address = f"10.0.0.{self._generation}:8080"
        body: Json = request.body
        self._ledger.record("placed", {"instance": body["instance"], "address": address})
        return Response(200, {"address": address, "generation": self._generation})


PLATFORM_PARTY = External(PLATFORM, Platform)
