"""A call that could go on: where it stands, by an address that is the same in every run, and what its next line is at."""

from __future__ import annotations

from shaketable.sim.orders.policy import Thread

Address = tuple[str, str, str, int]
"""Who comes there, by which verb, to which place, for the how-manieth time: the parts of a boundary that differ in a component."""


OUTSIDE_WORDS = "a place outside its component"


def call_number(name: str) -> int | None:
    """Return the number of the call of which a task or worker of this name is, `call-2` or `call-2.3`; None if it is of none."""
    kind, _, number = name.partition(".")[0].partition("-")
    return int(number) if kind == "call" and number.isdecimal() else None


class Standing:
    """One point at which a call, a task or a worker stands, and may be overtaken: a `Candidate` of a policy.

    `objects` are the names of the attributes that its next line is at; `writes` unless it only reads them.
    """

    __slots__ = ("address", "number", "objects", "overtaken_by", "priority", "thread", "writes")

    def __init__(
        self, address: Address, thread: Thread, number: int, objects: tuple[str, ...], writes: bool
    ) -> None:
        self.address = address
        self.thread = thread
        self.number = number
        self.objects = objects
        self.writes = writes
        self.priority = -1.0
        self.overtaken_by: Address | None = None  # the last that went on before it

    @property
    def place(self) -> str:
        """The place in words: `my_breaker.py:31`, or that it has not begun."""
        _, verb, place, _ = self.address
        return place or ("its first line" if verb == "BEGIN" else OUTSIDE_WORDS)

    def conflicts_with(self, other: Standing) -> bool:
        """Tell whether the order of the two can matter: both at an attribute of one name, and at least one changes it."""
        return (self.writes or other.writes) and any(one in other.objects for one in self.objects)
