"""One situation: a token made on purpose, and what a verifier has to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shaketable_patterns.token_verifier.mint import Mint
from shaketable_patterns.token_verifier.profile import Knobs

Answer = Literal["accept", "refuse", "either"]
ALL = ("RS", "PS", "ES", "HS")


@dataclass(frozen=True)
class Situation:
    """A token made on purpose.

    `words` follow "a token". `breaks` is what it is called if it is accepted and must not be. `on` are the families of keys for which it
    can be made. `answer` may depend on the profile; `off_profile` then says which setting allows it. Where it has times of its own
    (`timed`), those of the mint say nothing.
    """

    name: str
    words: str
    make: Callable[[Mint], str]
    breaks: str = ""
    on: tuple[str, ...] = ALL
    answer: Answer | Callable[[Knobs], Answer] = "refuse"
    off_profile: str = ""
    timed: bool = False

    def due(self, knobs: Knobs) -> Answer:
        """Return what a verifier with this profile has to answer while key and times are right."""
        return self.answer if isinstance(self.answer, str) else self.answer(knobs)


def unless(knob: str, word: str) -> Callable[[Knobs], Answer]:
    """Return what refuses unless a knob is set so; then either answer is right."""
    return lambda knobs: "either" if getattr(knobs, knob) == word else "refuse"
