"""Rates in words: in how many replays, runs on another world or drawn timings an anomaly showed."""

from __future__ import annotations

from shaketable.certificate import Confirmation, Counterexample
from shaketable.confidence_interval import wilson
from shaketable.world_traits import traits_of


def rate_words(shown: int, runs: int) -> str:
    """Write a rate with its interval: `9 of 10 (95 %: 60% to 98%)`."""
    interval = wilson(shown, runs)
    return f"{shown} of {runs} (95 %: {interval.low:.0%} to {interval.high:.0%})"


def replay_words(example: Counterexample, world: str) -> str:
    """Say how often the anomaly showed again on the world where it was found; on a real world that is an estimate."""
    if not example.replays:
        return "It was not run again."
    if traits_of(world).repeatable:
        return f"{example.reproduced} of {example.replays} replays failed the same way."
    return f"It showed again in {rate_words(example.reproduced, example.replays)} replays on {world}."


def confirmation_words(confirmation: Confirmation) -> str:
    """Write the outcome and its rate, `confirmed 10 of 10 (95 %: 72% to 100%) on processes`, and the reason if there is one."""
    reason = f": {confirmation.reason}" if confirmation.reason else ""
    rate = rate_words(confirmation.reproduced, confirmation.runs)
    return f"{confirmation.outcome} {rate} on {confirmation.world}{reason}"


def timing_words(example: Counterexample) -> str:
    """Say under how many drawn timings the anomaly showed; "" when none were drawn."""
    if not example.timings:
        return ""
    shown = f"under {example.timings_shown} of {example.timings} drawn timings"
    if example.hangs_on_timing:
        return f"It hangs on exact timing: it shows {shown}."
    return f"It shows {shown}."
