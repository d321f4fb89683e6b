"""How often something showed on a real world, in words: a rate is always told with its interval."""

from __future__ import annotations

from shaketable.certificate import Confirmation, Counterexample, SubjectResult
from shaketable.interval import wilson
from shaketable.world import traits_of


def rate_words(shown: int, runs: int) -> str:
    """`9 of 10 (95 %: 60% to 98%)`."""
    interval = wilson(shown, runs)
    return f"{shown} of {runs} (95 %: {interval.low:.0%} to {interval.high:.0%})"


def replay_words(example: Counterexample, world: str) -> str:
    """How often the story showed again where it was found."""
    if not example.replays:
        return "It was not run again."
    if traits_of(world).repeatable:
        return f"{example.reproduced} of {example.replays} replays failed the same way."
    return f"It showed again in {rate_words(example.reproduced, example.replays)} replays on {world}."


def confirmation_words(said: Confirmation) -> str:
    """`confirmed 10 of 10 (95 %: 72% to 100%) on processes`, and what came of it otherwise with the reason."""
    why = f": {said.reason}" if said.reason else ""
    return f"{said.outcome} {rate_words(said.reproduced, said.runs)} on {said.world}{why}"


def where_words(result: SubjectResult) -> str:
    """The world and the seed; of a real world also how many sets of servers shared the search, and how fast time passed."""
    servers = result.servers
    if servers is None:
        return f"world {result.world} · seed {result.seed}"
    sets = len(servers.seeds)
    seeds = ", ".join(map(str, servers.seeds))
    of = "seed" if sets == 1 else f"{sets} sets of servers · seeds"
    return f"world {result.world}, {servers.scale:g} times as fast · {of} {seeds}"
