"""Mistakes of clients."""

from __future__ import annotations

from shaketable_targets.discovery.desk import Desk
from shaketable_targets.discovery.eureka_json import places_in


class DropsItsCopy(Desk):
    """Empties its copy before it fetches another one, which no registry gives it in an outage.

    Met as a client that takes an error of its registry for an empty list (istio old_pilot_repo 1501).
    """

    async def fetch(self) -> None:
        self.copy = []
        await super().fetch()


class FetchesOnce(Desk):
    """Fetches until it has a copy, and never again.

    Met as a list that is the one of the start for ever (spring-cloud-zookeeper 45).
    """

    async def fetch_for_ever(self) -> None:
        while self.copy is None:
            await self.fetch()
            await self.ports.clock.sleep(self.settings.retry_ms)


class FetchDies(Desk):
    """Lets an error end the task that fetches, in silence: after an outage its copy is never refreshed.

    Met as a loop that an error of a fetch ends (quarkus-eureka 11).
    """

    async def fetch(self) -> None:
        answer = await self.ports.http.request(
            "GET", self.registries[0], "/eureka/apps", timeout_ms=self.settings.timeout_ms
        )
        if answer.status == 200:
            self.copy = places_in(answer.body)


class AddsOnly(Desk):
    """Merges what it fetches into its copy, and so never drops who has left it."""

    async def fetch(self) -> None:
        before = {} if self.copy is None else {one["id"]: one for one in self.copy}
        await super().fetch()
        if self.copy is not None:
            self.copy = list({**before, **{one["id"]: one for one in self.copy}}.values())
