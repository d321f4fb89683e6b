"""The machine of token verifiers: an attacker's client, an issuer that rotates its keys, and time; rules never look at an answer."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from shaketable.explore.generate.component_machine import ComponentMachine
from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.places import PICK
from shaketable.schedule import Wait
from shaketable.subject import Subject
from shaketable_patterns.token_verifier.keys.unfit import UNFIT
from shaketable_patterns.token_verifier.presenting_adapter import FIRST
from shaketable_patterns.token_verifier.profile import TOLERANCE_S, Knobs, knobs_of
from shaketable_patterns.token_verifier.situations.catalogue import VALID, rooms

LONG_S = 10**7
"""The life of a token that is to be refused for another reason than its times."""
BRIEF_S = 60
NEXT = "b"
_AT_ONCE = 12
"""So many situations of a room are presented one after the other."""
_EDGE_S = TOLERANCE_S + 1


def machine_of(subject: Subject) -> type[Machine]:
    """Return the machine for a verifier with this profile. UsageError if the profile is no verifier's."""
    knobs = knobs_of(subject.profile)
    algorithms = knobs.allowed

    class Calls(ComponentMachine):
        def __init__(self) -> None:
            super().__init__()
            self._now_s = 0
            self._trusted = FIRST

        def present(
            self, algorithm: str, generation: str, made: str = VALID, issued_s: int = 0, life_s: int = LONG_S
        ) -> None:
            """Present a token."""
            self.start_call(
                method="verify", made=made, key=f"{algorithm}-{generation}", issued_s=issued_s, life_s=life_s
            )
            self._in_flight.clear()

        def trust(self, keys: str) -> None:
            """Tell the verifier a key set."""
            self.start_call(method="trust", keys=keys)
            self._in_flight.clear()

        def pass_s(self, seconds: int) -> None:
            """Let seconds pass."""
            if seconds > 0:
                self._now_s += seconds
                self.do(Wait(seconds * 1_000))

        @rule(pick=PICK)
        def present_room(self, pick: int) -> None:
            """Present situations of one room, one after the other, by one key."""
            pick, at = divmod(pick, len(algorithms))
            drawn = rooms(algorithms[at][:2])
            pick, place = divmod(pick, len(drawn))
            names = drawn[place]
            for n in range(_AT_ONCE):
                self.present(algorithms[at], self._trusted, names[(pick + n * _STRIDE) % len(names)])

        @rule(pick=PICK)
        def present_valid(self, pick: int) -> None:
            """Present a token as the issuer hands it out now."""
            self.present(
                algorithms[pick % len(algorithms)], self._trusted, issued_s=self._now_s, life_s=BRIEF_S
            )

        @rule(pick=PICK, early=st.booleans())
        def cross_edge(self, pick: int, early: bool) -> None:
            """Present one token on both sides of the instant at which it begins or ends, leeway and all."""
            algorithm = algorithms[pick % len(algorithms)]
            issued_s = self._now_s + (knobs.leeway_s + 2 * _EDGE_S if early else 0)
            self.present(algorithm, self._trusted, issued_s=issued_s, life_s=BRIEF_S)
            edge_s = issued_s - knobs.leeway_s if early else issued_s + BRIEF_S + knobs.leeway_s
            for at_s in (edge_s - _EDGE_S, edge_s, edge_s + _EDGE_S):
                self.pass_s(at_s - self._now_s)
                self.present(algorithm, self._trusted, issued_s=issued_s, life_s=BRIEF_S)

        @rule(pick=PICK, both=st.booleans())
        def rotate(self, pick: int, both: bool) -> None:
            """Replace the issuer's keys, at once or with both in the set for a while, and present old and new tokens."""
            algorithm = algorithms[pick % len(algorithms)]
            old, self._trusted = self._trusted, NEXT if self._trusted == FIRST else FIRST
            self.present(algorithm, old)
            if both:
                self.trust(f"{old} {self._trusted}")
                self.present(algorithm, self._trusted)
                self.present(algorithm, old)
            self.trust(self._trusted)
            self.present(algorithm, self._trusted)
            for wait_s in (_EDGE_S, knobs.grace_s - 2 * _EDGE_S, 2 * _EDGE_S, knobs.grace_s):
                self.present(algorithm, old)
                self.pass_s(wait_s)
            self.present(algorithm, old)

        @rule(pick=PICK)
        def tell_unfit(self, pick: int) -> None:
            """Put a key that is unfit into the key set, present a token of it, and take it out again."""
            pick, at = divmod(pick, len(algorithms))
            algorithm = algorithms[at]
            unfit = [name for name, one in UNFIT.items() if algorithm[:2] in one.on]
            name = unfit[pick % len(unfit)]
            self.trust(f"{self._trusted} {algorithm}-{name}")
            self.present(algorithm, name)
            self.trust(self._trusted)
            self.present(algorithm, self._trusted)

        @rule(seconds=st.sampled_from(_waits(knobs)))
        def wait(self, seconds: int) -> None:
            """Let time pass."""
            self.pass_s(seconds)

    return Calls


_STRIDE = 37
"""Neighbours in a room are much alike: take one in so many."""


def _waits(knobs: Knobs) -> tuple[int, ...]:
    """Return spans on both sides of a token's life, its leeway and a key's grace."""
    return tuple(
        sorted({1, BRIEF_S // 2, BRIEF_S + knobs.leeway_s + _EDGE_S, knobs.grace_s + _EDGE_S, 3_600})
    )
