"""The calibration of the shop's gateway: what it answers when nothing fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shaketable.history import History
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.shop_gateway.tokens import EXPIRED, KEYS
from shaketable_patterns.shop_gateway.values import ROUTES, UNKNOWN_PATHS, send

_GAP_MS = 1_500


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    """Ask each route, by each key, for nothing that is there, and with an old token: return what is not as it should be.

    The first answers count for nothing: on real servers the first request of a kind may take longer than the gateway waits.
    """
    asked: list[tuple[Do, int]] = []
    for _ in range(2):
        for path in ROUTES:
            for key in KEYS:
                asked.append((send(len(asked) + 1, path, key=key), 200))
    asked.append((send(len(asked) + 1, UNKNOWN_PATHS[0]), 404))
    asked.append((send(len(asked) + 1, "/stock", token=EXPIRED), 401))
    steps: list[Step] = [step for do, _ in asked for step in (do, Wait(_GAP_MS))]
    ops = execute(Schedule(subject.name, tuple(steps))).ops()
    warm = len(ROUTES) * len(KEYS)
    said = []
    for op, (do, right) in list(zip(ops, asked, strict=True))[warm:]:
        status = op.result.get("status") if isinstance(op.result, dict) else None
        if status != right:
            said.append(
                f"{do.value['path']} with {do.value['token']} is answered {status!r} instead of {right}"
            )
    return said
