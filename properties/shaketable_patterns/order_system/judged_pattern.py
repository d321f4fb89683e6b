"""The pattern of a family that is judged by what a mapping claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shaketable.history import History
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.record_names import RecordNames
from shaketable.mapping.rules_under_mapping import Rules, judged
from shaketable.schedule import Schedule
from shaketable.subject import Pattern, Subject


@dataclass(frozen=True, slots=True)
class Trial:
    """How the subjects of a family are tried (`shaketable.subject.Pattern`)."""

    machine: Callable[[Subject], type]
    workload: Callable[[Subject], Schedule]
    calibrate: Callable[[Subject, Callable[[Schedule], History]], Sequence[str]]
    troubled: Callable[[Subject], Schedule]


def judged_pattern(
    name: str,
    mapping: Mapping,
    rules: Sequence[Rules[Any]],
    trial: Trial,
    names_record: RecordNames | None = None,
) -> Pattern:
    """Return the pattern `name`: what `mapping` claims of the promises of `rules`, tried in this way."""
    claims = judged(mapping, *rules)
    return Pattern(
        name=name,
        promises=claims.promises,
        checkers=claims.checkers,
        machine=trial.machine,
        workload=trial.workload,
        calibrate=trial.calibrate,
        troubled=trial.troubled,
        not_claimed=claims.not_claimed,
        names_record=names_record,
    )
