"""Random scripts for a topic and a consumer group, as data."""

from __future__ import annotations

from random import Random
from typing import Literal

import msgspec

PARTITIONS = 3
MEMBERS = ("ann", "bob")

Verb = Literal["send", "twice", "join", "leave", "die", "get", "commit"]


class Step(msgspec.Struct, frozen=True, array_like=True):
    """`who` is a member, for the first two a key.

    `twice`: the acknowledgement is not heard, so the record is sent again. `leave`: an orderly goodbye. `die`: the
    member falls silent; the step lasts until the group has noticed. A step that cannot be done then is left out.
    The commit is of the record the member got last, also if it has died or lost the partition meanwhile.
    """

    verb: Verb
    who: str


Script = tuple[Step, ...]


def draw(seed: int, members: tuple[str, ...] = MEMBERS) -> Script:
    """Draw the script of this seed, for a group of these members."""
    rng = Random(f"broker/{len(members)}/{seed}")
    steps = [Step("send", rng.choice("klmno")) for _ in range(rng.randint(1, 4))] + [Step("join", "ann")]
    for _ in range(rng.randint(6, 16)):
        kind = rng.random()
        member = rng.choice(members)
        if kind < 0.25:
            steps.append(Step("send" if rng.random() < 0.8 else "twice", rng.choice("klmnopqrst")))
        elif kind < 0.55:
            steps.append(Step("get", member))
        elif kind < 0.75:
            steps.append(Step("commit", member))
        elif kind < 0.87:
            steps.append(Step("join", member))
        else:
            steps.append(Step("leave" if rng.random() < 0.6 else "die", member))
    return tuple(steps)


def as_json(script: Script) -> str:
    return msgspec.json.encode(script).decode()
