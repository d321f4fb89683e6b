"""Intervals of a part's own that look as if they did not pass as fast as the run does."""

from __future__ import annotations

import re

from shaketable.subject import Subject, System

_NAMED_SO = re.compile(
    r"(_|^)(MS|MILLIS|MILLISECONDS|S|SEC|SECS|SECONDS|MINUTES)$|TIMEOUT|INTERVAL|BACKOFF", re.IGNORECASE
)
_BARE = re.compile(r"\d+(\.\d+)?\s*(ms|s|m)?")


def bare_intervals(subject: Subject) -> tuple[str, ...]:
    """Return each setting in the environment of a part that is named like an interval and is a bare number."""
    parts = subject.target.parts if isinstance(subject.target, System) else ()
    return tuple(
        f"{name} = {value} of part {part.name}"
        for part in parts
        for name, value in part.env.items()
        if _NAMED_SO.search(name) and _BARE.fullmatch(value.strip())
    )


def slowness_hint(subject: Subject) -> str:
    """Return what to look at first when a described system is blamed for doing something never or too late; "" for others."""
    if not isinstance(subject.target, System) or not any(p.command or p.image for p in subject.target.parts):
        return ""
    hint = "real servers run faster than the file says: are all intervals of its own written as {ms:...}?"
    return f"{hint} {bare[0]} is not" if (bare := bare_intervals(subject)) else hint
