"""What is known of each shipped order system: which promises it breaks, and how that shows."""

from __future__ import annotations

from shaketable.subject import Expectation

_NOTHING = Expectation()

EXPECTED: dict[str, Expectation] = {
    "order-saga/as-listed": Expectation(
        breaks={
            "SG-1": ("money-kept",),
            "SG-2": ("double-charge",),
            "SG-4": ("cancelled-before-refund",),
            "OB-1": ("lost-event",),
            "OB-5": ("phantom-event",),
            "ID-2": ("double-effect",),
            "ID-6": ("effect-without-record",),
        },
        may_break=frozenset({"SG-5", "SG-7"}),
    ),
    "order-saga/as-listed-orchestrated": Expectation(
        breaks={
            "SG-1": ("money-kept", "stock-leaked"),
            "SG-4": ("cancelled-before-refund",),
            "SG-5": ("stranded-saga",),
        },
        may_break=frozenset({"SG-7"}),
    ),
    "order-outbox/as-listed": Expectation(
        breaks={
            "OB-3": ("marked-unsent",),
            "OB-4": ("unfenced-claim",),
            "OB-7": ("batch-rolled-back",),
            "OB-8": ("unbounded-batch",),
        },
        may_break=frozenset({"OB-2", "OB-6", "DL-1"}),
    ),
    "order-outbox/as-listed-dual-write": Expectation(
        breaks={"OB-1": ("lost-event",), "OB-5": ("phantom-event",)},
        may_break=frozenset({"DL-1"}),
    ),
    "order-consumer/as-listed": Expectation(
        breaks={"ID-2": ("double-effect",)},
        may_break=frozenset({"ID-1", "ID-6"}),
    ),
}


def expectation_of(name: str, kills: tuple[str, ...] = ()) -> Expectation:
    """The expectation of a shipped subject; one of a mutant is only that somebody of `kills` notices."""
    if kills:
        return Expectation(may_break=frozenset(kills))
    return EXPECTED.get(name, _NOTHING)
