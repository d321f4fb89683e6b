"""A kind of component: one object says how it is driven, told, promised and judged, and makes subjects of it.

A package of patterns offers each of its kinds under the kind's name, by an entry point of the group `GROUP`; so the
harness can give users `shaketable.breaker` without knowing any pattern. docs/adding-a-kind.md builds one step by step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from shaketable.components.component import component
from shaketable.components.interface.adapter import Carrier, Make, MakeWithPoints, TimeWay
from shaketable.components.interface.interface import Interface
from shaketable.errors import HarnessError, UsageError
from shaketable.profile import Knob, Profile
from shaketable.schedule import Step
from shaketable.subject import Expectation, Pattern, Subject

GROUP = "shaketable.kinds"

A = TypeVar("A")


def _no_recovery(_profile: Profile) -> tuple[Step, ...]:
    return ()


@dataclass(frozen=True)
class Kind(Generic[A]):
    """A kind of component, such as `shaketable.breaker`; `A` is what its factories build.

    `interface` is what the driver calls, reads and tells; its `kind` is the kind's name. `pattern(profile)` gives
    promises, checkers, machine and calibration for what a profile declares, and raises UsageError for a profile that is
    none of this kind. `recovery(profile)` are the steps of a patient caller once everything is healed.
    """

    interface: Interface
    pattern: Callable[[Profile], Pattern]
    recovery: Callable[[Profile], tuple[Step, ...]] = _no_recovery

    @property
    def name(self) -> str:
        return self.interface.kind

    def __call__(
        self,
        name: str,
        make: Make[A] | MakeWithPoints[A],
        *,
        profile: dict[str, Knob] | Profile,
        sync: bool,
        time: TimeWay = "substituted",
        carrier: Carrier = "threads",
        expects: Expectation | None = None,
        summary: str = "",
        mutant_of: str = "",
        kills: tuple[str, ...] = (),
        library: str = "",
    ) -> Subject:
        """Return a subject for `certify`, under the promises of this kind.

        `make(clock)` builds the component anew for each run and returns an object with the methods of the kind, such as
        `call(fn)`: coroutine functions unless `sync`. If it has a parameter `points`, it is given the fault points of the
        run too. `profile` declares every knob of the kind. `time` is the way in which virtual time reaches the component
        (see `TimeWay`), `carrier` the kind of stack on which each sync call runs (see `Carrier`). `expects`, `mutant_of`
        and `kills` are for subjects whose defects are known, `library` names the distribution that is judged if it is one of others. Raises UsageError when the profile is incomplete or
        contradicts itself, and when `expects` names a promise or an anomaly that the pattern does not have.
        """
        declared = profile if isinstance(profile, Profile) else Profile(name, profile)
        pattern = self.pattern(declared)
        target = component(
            make,
            sync=sync,
            time=time,
            recovery=self.recovery(declared),
            carrier=carrier,
            interface=self.interface,
        )
        expected = expects if expects is not None else Expectation()
        _require_known(name, pattern, expected)
        return Subject(name, pattern, declared, target, expected, summary, mutant_of, kills, library)


def _require_known(subject: str, pattern: Pattern, expects: Expectation) -> None:
    """Raise UsageError if an expectation names a promise or an anomaly that the pattern does not have."""
    anomalies = {promise.id: promise.anomalies for promise in pattern.promises}
    unknown = sorted(
        {*expects.breaks, *expects.levels, *expects.may_break, *expects.reasons} - anomalies.keys()
    )
    if unknown:
        known = ", ".join(anomalies)
        raise UsageError(f"{subject}: expects names {', '.join(unknown)}, and its pattern promises {known}")
    for promise, names in expects.breaks.items():
        wrong = sorted(set(names) - set(anomalies[promise]))
        if wrong:
            raise UsageError(
                f"{subject}: expects {', '.join(wrong)} of {promise}, whose anomalies are {', '.join(anomalies[promise])}"
            )


def kind_named(name: str) -> Kind[object] | None:
    """Return the kind of component called `name`, None when no installed package offers it.

    Raises HarnessError when what a package offers is no kind of this name.
    """
    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        return None
    found = points[name].load()
    if not isinstance(found, Kind) or found.name != name:
        raise HarnessError(f"{points[name].value}, offered as the kind {name!r}, is no Kind of that name")
    return found


def shipped_kind(name: str) -> Kind[object]:
    """Return a kind that is part of shaketable. Raises UsageError when it is not installed."""
    found = kind_named(name)
    if found is None:
        raise UsageError(
            f"shaketable.{name} is a kind of component, and no installed package offers it by an entry point of the "
            f"group {GROUP!r}; the package shaketable_patterns does, so this installation of shaketable is incomplete or "
            "older than its files: install it again with pip"
        )
    return found
