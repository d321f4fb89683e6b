"""An instance behind the gateway: it writes down what it got, and says who it is."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Ports, Request, Response
from shaketable_targets.shop_gateway.config import GatewayConfig
from shaketable_targets.shop_gateway.headers import REQUEST_ID, USER, VIA, folded, value_of


class Shop:
    """One instance. It trusts the gateway: the one that a header names is the user."""

    def __init__(self, ports: Ports, config: GatewayConfig) -> None:
        del config
        self.ports = ports

    async def start(self) -> None:
        """Do nothing: it has no work of its own."""

    async def stop(self) -> None:
        """Do nothing."""

    async def handle(self, request: Request) -> Response:
        """Answer one request; 503 means that the outcome is indeterminate."""
        if request.path == "/healthz":
            return Response(200, {"service": self.ports.name})
        headers = request.headers
        said = value_of(headers, REQUEST_ID)
        row = {
            "id": self.ports.new_id(),
            "request": said,
            "instance": self.ports.name,
            "via": value_of(headers, VIA),
            "method": request.method,
            "path": request.path,
            "identity": ", ".join(value for name, value in headers.items() if folded(name) == USER),
        }
        try:
            async with self.ports.database.transaction() as tx:
                await tx.insert("seen", row)
        except TRANSIENT as error:
            return Response(503, {"error": type(error).__name__})
        return Response(200, {"instance": self.ports.name, "request": said})
