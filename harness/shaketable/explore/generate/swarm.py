"""A swarm of runs of one machine, drawn without Hypothesis's engine: its rules, preconditions, invariants and bundles.

Half of the time of a generated run went to that engine, which draws to shrink and to replay; we shrink schedules. What it is
good at is kept: each run has some rules switched off (Groce et al., Swarm Testing, ISSTA 2012), with a probability of its own.
One is switched on again only when all others are used up. Why, and what it costs: docs/adr/0011-drawing.md.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis.errors import InvalidDefinition
from hypothesis.stateful import (
    INITIALIZE_RULE_MARKER,
    INVARIANT_MARKER,
    RULE_MARKER,
    Bundle,
    Invariant,
    MultipleResults,
    Rule,
)

from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.plain_strategies import Draw, plain_draw

_SWITCHED_OFF_POWER = 4
"""Our rules are few and coarse: with a uniform probability three in four runs would lack one of three. With this power as many runs
have as many rules as by Hypothesis, which drops a run in which nothing that is switched on is possible."""
_TRIES = 3
"""Rules are looked at one by one, so often, before all are: most are possible."""

_MARKERS = (INITIALIZE_RULE_MARKER, RULE_MARKER, INVARIANT_MARKER)

Bundles = dict[str, list[object]]


@dataclass(frozen=True, slots=True)
class _DrawnRule:
    """A rule and how its arguments are drawn; a bundle is named, with whether a value leaves it."""

    call: Callable[..., object]
    preconditions: tuple[Callable[[Machine], object], ...]
    draws: tuple[tuple[str, Draw], ...]
    from_bundles: tuple[tuple[str, str, bool], ...]
    targets: tuple[str, ...]

    @staticmethod
    def of(rule: Rule, source: Random) -> _DrawnRule | None:
        """Return the rule, its arguments drawn from `source`; None if one of their strategies is not plain."""
        draws: list[tuple[str, Draw]] = []
        from_bundles: list[tuple[str, str, bool]] = []
        for name, strategy in sorted(rule.arguments.items()):
            if isinstance(strategy, Bundle):
                plain = {
                    repr(Bundle(strategy.name, consume=consumes)): consumes for consumes in (False, True)
                }
                if repr(strategy) not in plain:
                    return None  # mapped or filtered
                from_bundles.append((name, strategy.name, plain[repr(strategy)]))
            elif (draw := plain_draw(strategy, source)) is not None:
                draws.append((name, draw))
            else:
                return None
        return _DrawnRule(
            rule.function, tuple(rule.preconditions), tuple(draws), tuple(from_bundles), tuple(rule.targets)
        )

    def possible(self, run: Machine, bundles: Bundles) -> bool:
        """Tell whether its preconditions hold and its bundles have a value for each argument."""
        for _, bundle, consumes in self.from_bundles:
            asked = len(self.from_bundles) if consumes else 1
            if len(bundles.get(bundle, ())) < asked:
                return False
        return all(holds(run) for holds in self.preconditions)

    def apply(self, run: Machine, bundles: Bundles, source: Random) -> None:
        """Draw its arguments, call it, and put what it returns into its targets."""
        arguments = {name: draw() for name, draw in self.draws}
        for name, bundle, consumes in self.from_bundles:
            values = bundles[bundle]
            place = int(source.random() * len(values))
            arguments[name] = values.pop(place) if consumes else values[place]
        result = self.call(run, **arguments)
        if self.targets:
            results = result.values if isinstance(result, MultipleResults) else (result,)
            for target in self.targets:
                bundles.setdefault(target, []).extend(results)


class Swarm:
    """Draws runs of `machine`, each from a seed of its own; made by `of`."""

    def __init__(
        self,
        machine: type[Machine],
        source: Random,
        first: Sequence[_DrawnRule],
        rules: Sequence[_DrawnRule],
        invariants: Sequence[Invariant],
    ) -> None:
        self._machine = machine
        self._source = source
        self._first = first
        self._rules = rules
        self._invariants = invariants

    @staticmethod
    def of(machine: type[Machine]) -> Swarm | None:
        """Return the swarm of `machine`; None if a rule draws from a strategy that is not plain, so that Hypothesis has to."""
        source = Random(0)
        marked: dict[str, list[object]] = {marker: [] for marker in _MARKERS}
        for (_, member), marker in itertools.product(inspect.getmembers(machine), _MARKERS):
            if (found := getattr(member, marker, None)) is not None:
                marked[marker].append(found)
        first = _drawn(marked[INITIALIZE_RULE_MARKER], source)
        rules = _drawn(marked[RULE_MARKER], source)
        if first is None or not rules:
            return None
        invariants = [found for found in marked[INVARIANT_MARKER] if isinstance(found, Invariant)]
        return Swarm(machine, source, first, rules, invariants)

    def draw(self, seed: int, steps_max: int) -> None:
        """Draw the run of this seed, to its `teardown`. What a rule raises ends it, and is raised."""
        self._source.seed(seed)
        run = self._machine()
        try:
            run.run_seed = seed
            self._walk(run, steps_max)
        finally:
            run.teardown()

    def _walk(self, run: Machine, steps_max: int) -> None:
        bundles: Bundles = {}
        first = list(self._first)
        self._source.shuffle(first)
        self._check(run, during_init=bool(first))
        for place, rule in enumerate(first, 1):
            rule.apply(run, bundles, self._source)
            self._check(run, during_init=place < len(first))
        enabled = self._switched_on()
        for _ in range(steps_max - len(first)):
            rule = self._next(run, bundles, enabled)
            rule.apply(run, bundles, self._source)
            self._check(run, during_init=False)

    def _switched_on(self) -> list[_DrawnRule]:
        """Return the rules of this run: each is left out as likely as another, and one at least is left."""
        random = self._source.random
        share = random() ** _SWITCHED_OFF_POWER
        enabled = [rule for rule in self._rules if random() >= share]
        return enabled or [self._rules[int(random() * len(self._rules))]]

    def _next(self, run: Machine, bundles: Bundles, enabled: list[_DrawnRule]) -> _DrawnRule:
        """Return the next rule, each that is possible as likely; switch one on if none of those of this run is possible."""
        random, count = self._source.random, len(enabled)
        for _ in range(_TRIES):
            rule = enabled[int(random() * count)]
            if rule.possible(run, bundles):
                return rule
        if possible := [rule for rule in enabled if rule.possible(run, bundles)]:
            return possible[int(random() * len(possible))]
        others = [rule for rule in self._rules if rule.possible(run, bundles)]
        if not others:
            raise InvalidDefinition(f"in a state of {type(run).__name__} no rule's precondition holds")
        enabled.append(others[int(random() * len(others))])
        return enabled[-1]

    def _check(self, run: Machine, *, during_init: bool) -> None:
        for invariant in self._invariants:
            if during_init and not invariant.check_during_init:
                continue
            if all(holds(run) for holds in invariant.preconditions):
                invariant.function(run)


def _drawn(found: list[object], source: Random) -> list[_DrawnRule] | None:
    """Return the rules, sorted by name; None if one of them cannot be drawn."""
    rules = sorted((r for r in found if isinstance(r, Rule)), key=lambda rule: str(rule.function.__name__))
    drawn = [_DrawnRule.of(rule, source) for rule in rules]
    return None if None in drawn else [rule for rule in drawn if rule is not None]
