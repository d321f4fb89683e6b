"""The channels through which ports send: a port asks its channel to carry each command as one message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeGuard, TypeVar, runtime_checkable

from shaketable.fault import Rollback, TooLarge
from shaketable.history import Json, Kind

T = TypeVar("T")


class Channel(Protocol):
    """The wire between one incarnation of a process and one server."""

    @property
    def sender(self) -> str:
        """The process's name."""
        ...

    @property
    def alive(self) -> bool:
        """False once this incarnation has lost power: everything it asks for is then inert."""
        ...

    @property
    def calm(self) -> bool:
        """True if a message without an address would arrive now, and its answer at once."""
        ...

    async def cross(
        self,
        verb: str,
        key: str,
        effect: Callable[[], T | asyncio.Future[T]],
        *,
        counted: bool = True,
        timeout_ms: int | None = None,
    ) -> T:
        """Carry one message: request leg, `effect()` at the receiver, reply leg.

        `effect` acts on the model at one instant and returns the result, raises the error the server answers
        with, or returns a future when the server must wait (a lock, a long poll). Faults of this boundary
        happen here; an effect that is `Delayable` is told when its message is held. Raises the world's timeout,
        connection_lost or refused error; after the first two the effect may have happened. A message with
        `counted=False` (poll, heartbeat, connection set-up) has no address but suffers latency and partitions.
        """
        ...


OpenChannel = Callable[[str], Channel]
"""Opens the channel of one incarnation to the receiver of this name."""


@runtime_checkable
class Delayable(Protocol):
    """An effect that must know when its message is held: it will arrive whatever its sender does."""

    def delayed(self) -> None:
        """Note that the message is under way, and late."""
        ...


@runtime_checkable
class Failable(Protocol):
    """An effect whose receiver has an answer for having failed, as every HTTP server has."""

    def failed(self, status: int, body: Json) -> Any:
        """Return the answer that says so, whether or not the effect has happened."""
        ...


@runtime_checkable
class Revocable(Protocol):
    """An effect in a transaction, which its server may roll back instead (`shaketable.fault.Rollback`)."""

    def rolled_back(self, sqlstate: str) -> Callable[[], Any] | None:
        """Return what happens instead, which raises the error; None if there is no transaction to roll back any more."""
        ...


@runtime_checkable
class Beginning(Protocol):
    """An effect that may need a session of its own, which its server may have none of (`shaketable.fault.PoolExhausted`)."""

    @property
    def begins(self) -> bool:
        """Whether it would begin one."""
        ...

    def refused(self) -> Any:
        """Raise the error with which it is refused one."""
        ...


@runtime_checkable
class Refusable(Protocol):
    """A record for a broker, which may refuse it as too large (`shaketable.fault.TooLarge`)."""

    @property
    def record(self) -> str:
        """Its topic and key, as an address has them."""
        ...

    def too_large(self) -> Any:
        """Raise the error with which the broker refuses it."""
        ...


def in_its_stead(
    effect: object, fault: Rollback | TooLarge
) -> tuple[Callable[[], Any], dict[str, Json]] | None:
    """Return what a server does in the stead of an effect, and what its receipt says; None if that cannot be."""
    if isinstance(fault, TooLarge):
        return (effect.too_large, {"refused": [effect.record]}) if isinstance(effect, Refusable) else None
    instead = effect.rolled_back(fault.sqlstate) if isinstance(effect, Revocable) else None
    return None if instead is None else (instead, {})


def is_delayable(effect: object) -> TypeGuard[Delayable]:
    """Tell whether the effect is `Delayable`; to ask its class is far cheaper than to ask the protocol."""
    return hasattr(effect.__class__, "delayed")


class Oracle(Protocol):
    """The observer outside the subject to which models tell what really happened."""

    def __call__(self, kind: Kind, process: str, name: str, value: Json) -> None: ...
