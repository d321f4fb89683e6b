"""A real world: keeps one stack and opens runs on it. `processes` and `containers` differ in their launchers only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from shaketable.errors import HarnessError, UsageError
from shaketable.fault import Need
from shaketable.history import History
from shaketable.real.loop_thread import CALL_WITHIN_S, LoopThread
from shaketable.real.run.session import RealSession
from shaketable.real.stack.launcher import Launcher
from shaketable.real.stack.stack import Stack
from shaketable.subject import Subject, System
from shaketable.world_traits import Traits, traits_of

SCALE = 10.0
"""The pace of a replay: a service's own intervals are so much shorter than documented, a poll of 3 s is every 300 ms."""
SEARCH_SCALE = 30.0
"""The pace of a search, in which runs are many: the same poll is every 100 ms."""


class RealWorld:
    """Fits `shaketable.world.World`; `close` it when done. Opening another subject rebuilds the stack."""

    def __init__(
        self,
        name: Literal["processes", "containers"],
        make_launcher: Callable[[System], Launcher],
        *,
        scale: float = SCALE,
        has_toxiproxy: bool = False,
    ) -> None:
        self._name = name
        self._make_launcher = make_launcher
        known = traits_of(name)
        bytes_ = frozenset({Need.BYTES} if has_toxiproxy else ())
        self._traits = replace(known, scale=scale, provides=known.provides | bytes_)
        self._thread: LoopThread | None = None
        self._stack: Stack | None = None
        self._session: RealSession | None = None
        self._runs = 0
        self._interrupted = False
        self._is_up = False  # the stack: a start that was interrupted is none

    @property
    def name(self) -> str:
        return self._name

    @property
    def traits(self) -> Traits:
        return self._traits

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> RealSession:
        """Open a fresh run. The seed changes nothing here: chance is in the schedule, and in the machine."""
        if self._interrupted:
            raise KeyboardInterrupt
        if self._session is not None:
            self._session.close()
            if self._session.failed:
                self.close()
        thread, stack = self._prepared(subject)
        self._runs += 1
        self._session = RealSession(stack, thread, self._runs, trace=trace)
        return self._session

    def cannot_show(self, subject: Subject, history: History) -> str:
        """See `shaketable.world.LimitedWorld`: the broker of `processes` lets no two members share a topic."""
        if self._traits.shares_partitions or not isinstance(subject.target, System):
            return ""
        roles = roles_sharing_topics(subject.target, history)
        if not roles:
            return ""
        return (
            f"the replicas of {', '.join(roles)} share no partitions here: the broker of this world gives "
            "every live member of a group all of them; containers has Apache Kafka"
        )

    def log_tails(self) -> dict[str, str]:
        """See `shaketable.world.LoggedWorld`."""
        if not (self._is_up and self._thread and self._stack):
            return {}
        return self._thread.call(self._stack.log_tails(), what="the ends of the parts' logs")

    def interrupt(self) -> None:
        """See `shaketable.world.LastingWorld`."""
        self._interrupted = True
        if self._thread is not None:
            self._thread.interrupt()

    def close(self) -> None:
        """Take everything down. A second call does nothing."""
        self._interrupted = self._is_up = False
        thread, self._thread = self._thread, None
        stack, self._stack = self._stack, None
        self._session = None
        if thread is not None:
            thread.clear_interrupt()
            try:
                if stack is not None:
                    thread.call(stack.close(), what=f"the {self._name} world to be taken down")
            finally:
                thread.close()

    def _prepared(self, subject: Subject) -> tuple[LoopThread, Stack]:
        system = subject.target
        if not isinstance(system, System):
            raise UsageError(f"{subject.name} is a component: it runs in the sim world only")
        self._require_runnable(subject.name, system)
        if self._is_up and self._thread and self._stack and self._stack.system is system:
            return self._thread, self._stack
        self.close()
        thread = self._thread = LoopThread()
        stack = self._stack = Stack(
            system,
            self._make_launcher(system),
            self._traits.scale,
            has_transactions=self._traits.has_transactions,
        )
        try:
            migrating_s = sum(migration.within_ms for migration in system.migrations) / 1_000
            what = f"the {self._name} world to come up"
            thread.call(stack.open(), within_s=CALL_WITHIN_S + migrating_s, what=what)
        except KeyboardInterrupt:
            raise  # at once: the owner of this world closes it, and if it does not, the launcher's reaper does
        except BaseException as error:
            self.close()
            if isinstance(error, HarnessError):
                raise
            raise HarnessError(
                f"the {self._name} world did not come up: {type(error).__name__}: {error}"
            ) from error
        self._is_up = True
        return thread, stack

    def _require_runnable(self, name: str, system: System) -> None:
        missing = [part.name for part in system.parts if not part.entry and not part.is_black_box]
        if missing:
            raise UsageError(f"{name} says no entry for {', '.join(missing)}: it cannot run for real")
        boxes = [part for part in system.parts if part.is_black_box]
        by_image = self._traits.runs_images
        missing = [part.name for part in boxes if not (part.image if by_image else part.command)]
        if missing:
            wanted = "image" if by_image else "command"
            raise UsageError(f"{name} says no {wanted} for {', '.join(missing)}: {self._name} cannot run it")


def roles_sharing_topics(system: System, history: History) -> tuple[str, ...]:
    """Return the roles with several replicas that were delivered records, in the order of the system.

    Only these would have had to share the partitions of a topic.
    """
    readers = {event.process for event in history.events if event.name == "deliver"}
    roles = [part.role for part in system.parts]
    return tuple(
        role
        for role in dict.fromkeys(roles)
        if roles.count(role) > 1 and any(p.role == role and p.name in readers for p in system.parts)
    )
