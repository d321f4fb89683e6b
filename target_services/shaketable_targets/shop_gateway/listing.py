"""The list of instances: who is in it gets requests."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Ports, Request, Response
from shaketable_targets.shop_gateway.config import GatewayConfig


class Listing:
    """The service that keeps the list, one row an instance."""

    def __init__(self, ports: Ports, config: GatewayConfig) -> None:
        del config
        self.ports = ports

    async def start(self) -> None:
        """Do nothing: it has no work of its own."""

    async def stop(self) -> None:
        """Do nothing."""

    async def handle(self, request: Request) -> Response:
        """Answer one request; 503 means that the outcome is indeterminate."""
        try:
            match request.method, request.path.strip("/").split("/"):
                case "GET", ["instances"]:
                    return Response(200, {"instances": await self._listed()})
                case "PUT", ["instances", name]:
                    return await self._list(name, listed=bool(request.body["listed"]))
        except TRANSIENT as error:
            return Response(503, {"error": type(error).__name__})
        return Response(404, {"error": "there is no such path"})

    async def _listed(self) -> list[str]:
        async with self.ports.database.transaction() as tx:
            rows = await tx.select("instances", ("listed", "=", True), order_by=("name",))
        return [str(row["name"]) for row in rows]

    async def _list(self, name: str, *, listed: bool) -> Response:
        async with self.ports.database.transaction() as tx:
            changed = await tx.update("instances", {"listed": listed}, ("name", "=", name))
        if not changed:
            return Response(404, {"error": "there is no such instance"})
        return Response(200, {"instance": name, "listed": listed})
