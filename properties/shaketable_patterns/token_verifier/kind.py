"""The kind `token_verifier`: all that the harness is told of verifiers, and with which a team makes its own one a subject."""

from __future__ import annotations

from typing import Any

from shaketable.checkers.declared_pattern import declared_pattern
from shaketable.components.interface.interface import ENDINGS, RECOVERY_FIRST, Argument, Interface, Method
from shaketable.components.kind import Kind
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step
from shaketable.subject import Pattern, Subject
from shaketable_patterns.token_verifier.calibration import calibrate, presented
from shaketable_patterns.token_verifier.clauses import RULES
from shaketable_patterns.token_verifier.facts import VerifierFacts
from shaketable_patterns.token_verifier.machine import NEXT, machine_of
from shaketable_patterns.token_verifier.presenting_adapter import FIRST, TokenVerifierAdapter, presenting
from shaketable_patterns.token_verifier.profile import DeclaredKnobs, knobs_of
from shaketable_patterns.token_verifier.promises import PROMISES
from shaketable_patterns.token_verifier.situations.catalogue import VALID

_TOKEN = (Argument("made", str), Argument("key", str), Argument("issued_s", int), Argument("life_s", int))
INTERFACE = Interface(
    "token_verifier",
    methods=(Method("verify", _TOKEN, runs=False), Method("trust", (Argument("keys", str),), runs=False)),
    endings=ENDINGS[:2],  # no method runs a function; the rules of every machine draw these
)


class TokenVerifierKind(Kind[TokenVerifierAdapter]):
    """Makes subjects of adapters that take a token: what a schedule says of it is made into one before."""

    def __call__(self, name: str, make: Any, *, profile: Any, sync: bool, **more: Any) -> Subject:
        """Return a subject for `certify`; see `Kind`. `make(clock)` returns an adapter with `verify(token)` and `trust(jwks)`."""
        declared = profile if isinstance(profile, Profile) else Profile(name, profile)
        knobs = knobs_of(declared)
        presented_by: Any = presenting(make, knobs, sync=sync)
        return super().__call__(name, presented_by, profile=declared, sync=sync, **more)


def told(number: int, keys: str) -> Do:
    """Return the step that tells a key set."""
    return Do("start", {"call": number, "method": "trust", "keys": keys})


def workload(subject: Subject) -> Schedule:
    """Return a schedule without failures: an ordinary token of each key, before and after the keys are replaced."""
    algorithms = knobs_of(subject.profile).allowed
    steps: list[Step] = [presented(n, VALID, f"{one}-{FIRST}") for n, one in enumerate(algorithms, 1)]
    steps.append(told(len(steps) + 1, f"{FIRST} {NEXT}"))
    steps += [presented(len(steps) + n, VALID, f"{one}-{NEXT}") for n, one in enumerate(algorithms, 1)]
    return Schedule(subject.name, tuple(steps))


def _recovery(profile: Profile) -> tuple[Step, ...]:
    """Return the steps of an ordinary client once all has healed: each key's token is accepted."""
    algorithms = knobs_of(profile).allowed
    first = told(RECOVERY_FIRST, FIRST)
    return first, *(
        presented(RECOVERY_FIRST + n, VALID, f"{one}-{FIRST}") for n, one in enumerate(algorithms, 1)
    )


def _pattern(profile: Profile) -> Pattern:
    knobs = knobs_of(profile)

    def read(history: History) -> VerifierFacts:
        return VerifierFacts(history, knobs)

    return declared_pattern(
        "token-verifier",
        PROMISES,
        RULES,
        DeclaredKnobs(knobs),
        read,
        machine=machine_of,
        workload=workload,
        calibrate=calibrate,
    )


token_verifier = TokenVerifierKind(INTERFACE, _pattern, _recovery)
"""Makes a subject of a token verifier, under the promises TV-1 to TV-8; `Knobs` are the knobs of its profile."""
