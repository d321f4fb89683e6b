"""Mistakes of registries."""

from __future__ import annotations

from shaketable.ports import Json, Response
from shaketable_targets.discovery.leases import Key, Lease, Leases
from shaketable_targets.discovery.registry import Registry
from shaketable_targets.discovery.replication import Change


class NeverEvicts(Registry):
    """Leaves it to instances to take leave: one that dies stays for ever."""

    def sweep(self) -> None:
        self.leases.forget(self.now_ms() - 2 * self.settings.lease_ms)


class Impatient(Leases):
    """Leases of two fifths of what was asked for."""

    def is_over(self, lease: Lease, now_ms: int) -> bool:
        return 5 * (now_ms - lease.renewed_ms) > 2 * lease.duration_ms


class EvictsEarly(Registry):
    """Keeps an instance for a heartbeat and a bit, whatever lease it asked for: one lost heartbeat ends it."""

    def make_leases(self) -> Leases:
        return Impatient(self.settings.lease_factor)

    async def sweep_for_ever(self) -> None:
        while True:
            await self.ports.clock.sleep(self.settings.sweep_ms // 12)
            self.sweep()


class Mindful(Leases):
    """Keeps what was known of those that took leave."""

    def __init__(self, factor: int) -> None:
        super().__init__(factor)
        self.known: dict[Key, Lease] = {}

    def cancel(self, key: Key, stamp: int, now_ms: int) -> bool:
        if key in self.held:
            self.known[key] = self.held[key]
        return super().cancel(key, stamp, now_ms)

    def renew(self, key: Key, stamp: int, now_ms: int) -> bool:
        if key not in self.held and key in self.known:
            self.held[key] = self.known.pop(key)
        return super().renew(key, stamp, now_ms)


class LateHeartbeatRestores(Registry):
    """Takes a heartbeat for a sign of life whatever it knows, and lists the instance again as it knew it."""

    def make_leases(self) -> Leases:
        return Mindful(self.settings.lease_factor)


class WelcomesTheUnknown(Registry):
    """Answers every heartbeat with 200, so that an instance it has lost never registers again.

    Met as heartbeats that are answered 200 while the instance is gone (Netflix Eureka 1549).
    """

    def heartbeat(self, key: Key, stamp: int, *, is_copy: bool) -> Response:
        super().heartbeat(key, stamp, is_copy=is_copy)
        return Response(200)


class KeyedByAddress(Leases):
    """Tells instances apart by where they are."""

    def register(self, key: Key, instance: Json, now_ms: int) -> bool:
        return super().register(_placed(key, instance), instance, now_ms)

    def renew(self, key: Key, stamp: int, now_ms: int) -> bool:
        found = [one for one in self._of(key) if super(KeyedByAddress, self).renew(one, stamp, now_ms)]
        return bool(found)

    def cancel(self, key: Key, stamp: int, now_ms: int) -> bool:
        found = [one for one in self._of(key) if super(KeyedByAddress, self).cancel(one, stamp, now_ms)]
        return bool(found)

    def _of(self, key: Key) -> list[Key]:
        return [one for one in self.held if one[1].startswith(f"{key[1]}@")]


def _placed(key: Key, instance: Json) -> Key:
    return key[0], f"{key[1]}@{instance['ipAddr']}"


class KeepsOldAddresses(Registry):
    """Tells instances apart by host and port: a restarted one is listed twice, where it is and where it was.

    Met as a second entry with the address of before (Nomad 9855).
    """

    def make_leases(self) -> Leases:
        return KeyedByAddress(self.settings.lease_factor)

    def heartbeat(self, key: Key, stamp: int, *, is_copy: bool) -> Response:
        if not self.leases.renew(key, stamp, self.now_ms()):
            return Response(404)
        if not is_copy:
            mine = [lease for one, lease in self.leases.held.items() if one[1].startswith(f"{key[1]}@")]
            newest = max(mine, key=lambda lease: lease.stamp)
            self.tell(Change("PUT", key, newest.stamp, newest.instance))
        return Response(200)


class KeepsLeavesToItself(Registry):
    """Tells the other replica of registrations and heartbeats, and not of who takes leave.

    Met as an instance that other peers go on to list (spring-cloud-netflix 202).
    """

    def tell(self, change: Change) -> None:
        if change.method != "DELETE":
            super().tell(change)


class WallClock(Registry):
    """Measures leases by the wall clock: a step forward evicts all, a step back keeps the dead."""

    def now_ms(self) -> int:
        return self.ports.clock.now_ms()


class RenewsByReads(Registry):
    """Renews the lease of what it lists, as a cache does that counts every access."""

    def shown(self, lease: Lease) -> Lease:
        lease.renewed_ms = self.now_ms()
        return lease


class ServesAtOnce(Registry):
    """Answers as soon as it has started: with an empty list, as every lease was in memory."""

    async def warm_up(self) -> None:
        self.knows_enough = True


class Forgetful(Leases):
    """Keeps no trace of who took leave."""

    def is_outdated(self, key: Key, stamp: int) -> bool:
        known = self.held.get(key)
        return known is not None and known.stamp > stamp > 0


class LateRegistrationRestores(Registry):
    """Takes every registration as it comes: one that was sent before the instance took leave, too."""

    def make_leases(self) -> Leases:
        return Forgetful(self.settings.lease_factor)
