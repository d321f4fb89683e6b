"""The options that several commands share, and their types: a time such as `30s`, a positive number."""

from __future__ import annotations

import re

import click

_TIME = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(ms|s|m|min|h|)")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3_600.0}


class Duration(click.ParamType[float]):
    """`30s`, `2m`, `1.5h`; a bare number is seconds. Converts to seconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        found = _TIME.fullmatch(str(value).strip())
        seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
        if seconds <= 0:
            self.fail(f"{value!r} is no time; write for example 30s, 2m or 1.5h", param, ctx)
        return seconds


POSITIVE = click.IntRange(min=1, max=10_000_000)

world_option = click.option(
    "--world", default="sim", show_default=True, help="Run in this world: sim, processes or containers."
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**63 - 1),
    default=0,
    show_default=True,
    help="Draw schedules from this seed.",
)
subject_option = click.option(
    "--subject",
    "given",
    multiple=True,
    help="Use this subject, as package.module:factory or FILE.toml, if it is not a shipped one.",
)
