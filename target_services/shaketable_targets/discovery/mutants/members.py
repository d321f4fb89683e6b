"""Mistakes of instances."""

from __future__ import annotations

from shaketable.ports import Json, Response
from shaketable_targets.discovery.member import Member
from shaketable_targets.discovery.replication import STAMP


class HeartbeatDies(Member):
    """Lets an error end the task that sends heartbeats, in silence.

    Met where a scheduler drops a task that raised, or a keep-alive ends (Apache ShenYu 6498, kitex registry-etcd 11).
    """

    async def anywhere(self, method: str, path: str, body: Json = None) -> Response | None:
        if method != "PUT":
            return await super().anywhere(method, path, body)
        return await self.request(method, self.registries[0], path, body, {STAMP: str(self.stamp)})


class StampsByTheClock(Member):
    """Stamps registrations with the wall clock: one whose clock was set back is taken for its own past.

    Met as a registry that holds the earlier address until its lease is over (networkservicemesh sdk 1079).
    """

    def next_stamp(self) -> int:
        return self.ports.clock.now_ms()


class IgnoresTheUnknown(Member):
    """Takes 404 for a heartbeat that was lost, and goes on to heartbeat: it never registers again.

    Met in clients of Eureka that take 404 for one more error (Armeria 3238, go-eureka-client 6).
    """

    async def beat(self) -> None:
        if self.is_in and self.is_registered:
            await self.anywhere("PUT", self.path)
            return
        await super().beat()


class BeatsOn(Member):
    """Goes on with its heartbeats after it took leave, and registers again when they are answered 404."""

    async def leave(self) -> Response:
        answer = await super().leave()
        self.is_in = self.is_registered = True
        return answer
