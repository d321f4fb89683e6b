"""A partner, which is a third party: every call carries a key, so that asking again has no second effect."""

from __future__ import annotations

from shaketable.ports import Json, Ports
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.failures import Unavailable, Unprocessable


class Partner:
    """A third party over HTTP, `name` being the payment provider or the mail gateway."""

    __slots__ = ("_http", "_name", "_timeout_ms")

    def __init__(self, ports: Ports, config: Config, name: str) -> None:
        self._http = ports.http
        self._name = name
        self._timeout_ms = config.provider_timeout_ms

    async def ask(self, path: str, body: Json, key: str) -> bool:
        """Ask for one effect: True if it is done, False if declined.

        After a transient error or Unavailable the outcome is indeterminate: ask again with the same key, assume nothing.
        Raises Unprocessable when the partner rejects the request itself.
        """
        answer = await self._http.request(
            "POST", self._name, path, body, self.headers(key), timeout_ms=self._timeout_ms
        )
        if answer.status < 300:
            return True
        if answer.status == 402:
            return False
        if answer.status >= 500:
            raise Unavailable(f"{self._name} answered {answer.status}")
        raise Unprocessable(f"{self._name} answered {answer.status}")

    def headers(self, key: str) -> dict[str, str]:
        return {"idempotency-key": key}
