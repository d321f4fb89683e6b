"""The deterministic world: same schedule and seed, byte-identical history."""

from __future__ import annotations

from copy import copy

from shaketable.errors import UsageError
from shaketable.orders.policy import Orders
from shaketable.sim.guard import GUARD
from shaketable.sim.session import SimSession
from shaketable.subject import Subject, System
from shaketable.world_traits import Traits


class SimWorld:
    """Opens systems in virtual time, in this process, with nothing to set up."""

    name = "sim"
    traits = Traits(draws_timing=True)
    search = GUARD
    """A context entered around many runs: it does once the work that they share."""
    records_accesses = False

    def __init__(self, *, records_accesses: bool = False) -> None:
        """Make a world; it may record of every run, not only of traced ones, who read and wrote what at the servers."""
        self.records_accesses = records_accesses

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> SimSession:
        """Open a fresh run. Seed 0 is calm: each answer takes 1 ms, and services start with the run.

        Any other seed draws, the same every time, what differs from run to run on real servers: how long each
        answer and each start takes, how late each step is applied, and where in their intervals the services
        are when the run begins. UsageError for a component or a black box.
        """
        return SimSession(_system(subject), seed=seed, trace=trace, records_accesses=self.records_accesses)

    def open_ordered(
        self, subject: Subject, orders: Orders, *, seed: int = 0, trace: bool = False
    ) -> SimSession:
        """Open a fresh run in which `orders` decide what arrives next."""
        return SimSession(
            _system(subject), seed=seed, trace=trace, orders=orders, records_accesses=self.records_accesses
        )

    def recording(self) -> SimWorld:
        """Return the same world, which also records for each of its runs who read and wrote what at the servers."""
        world = copy(self)
        world.records_accesses = True
        return world


def _system(subject: Subject) -> System:
    if not isinstance(subject.target, System):
        raise UsageError(f"{subject.name} is a component; the simulated system world runs systems")
    boxes = [part.name for part in subject.target.parts if part.is_black_box]
    if boxes:
        raise UsageError(
            f"{subject.name} is a black box ({', '.join(boxes)}): nothing of it can be simulated; "
            "use --world processes or --world containers"
        )
    if others := subject.target.other_servers:
        raise UsageError(
            f"{subject.name} uses {', '.join(server.name for server in others)}, of which there is no model: "
            "use --world processes or --world containers"
        )
    return subject.target
