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


class Share(click.ParamType[float]):
    """`0.2` or `20%`; all of it is 1."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = 0.0
        if not 0 < share <= 1:
            self.fail(f"{value!r} is no share; write for example 0.2, after DIR", param, ctx)
        return share


class Digest(click.ParamType[str]):
    """A sha256 in hexadecimal, complete."""

    name = "digest"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip().lower()
        if text and not re.fullmatch(r"[0-9a-f]{64}", text):
            self.fail(f"{value!r} is no digest: it has 64 digits, as certify prints them", param, ctx)
        return text


SHARE, DIGEST = Share(), Digest()
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
