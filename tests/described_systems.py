"""The shipped described systems: how many runs are enough for each, what each breaks, and whether it can run on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from shaketable.real.processes.doctor import missing
from shaketable.subject import System
from shaketable_patterns.described.subject import subject_from

TARGETS = Path(__file__).parents[1] / "target_services" / "shaketable_targets"


class Described(NamedTuple):
    """A description, the runs that find what it breaks, and the promises that it breaks."""

    file: str
    runs: int
    broken: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return TARGETS / self.file


DESCRIBED = (
    Described("ticket_shop/shaketable.toml", 120, ("BB-1",)),
    Described("ticket_shop/hardened.toml", 60),
    Described("ticket_shop/direct.toml", 120, ("OB-1",)),
    Described("ticket_shop/mark-first.toml", 60, ("OB-2", "OB-3")),
    Described("ticket_shop/cursor.toml", 600, ("OB-2", "OB-6")),
    Described("bistro/bistro.toml", 60),
    Described("clinic/clinic.toml", 60),
    Described("front_door/front_door.toml", 60),
    Described("helpdesk/helpdesk.toml", 60),
    Described("library/library.toml", 60),
    Described("library/library_woken.toml", 60),
    Described("loyalty/loyalty.toml", 60),
    Described("menu/menu.toml", 60),
    Described("price_list/price_list.toml", 60),
    Described("price_list/price_list_on_redis.toml", 60),
    Described("tours/tours.toml", 60, ("TP-2",)),
    Described("trips/trips.toml", 60),
)


def why_not_here(described: Described) -> str:
    """Return why a system cannot run on this machine as plain processes; "" if it can."""
    lacking = missing()
    if lacking:
        return f"{lacking[0].name} is missing: {lacking[0].how}"
    target = subject_from(described.path).target
    assert isinstance(target, System)
    programs = dict.fromkeys(part.command[0] for part in target.parts if part.command)
    absent = [Path(program).name for program in programs if shutil.which(program) is None]
    return f"no program {', '.join(absent)} (make ticket-shop compiles it)" if absent else ""
