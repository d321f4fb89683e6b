"""Tables made by a command of the system's own, once, before any part starts."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.descriptions.placeholders import environment
from shaketable.errors import PartNotStarted
from shaketable.real.bounded_waits import WaitExpired, wait_until
from shaketable.real.stack.launcher import Launcher
from shaketable.subject import Migration

_LINES_MAX = 20
"""Of what it wrote: a migration that fails says so at its end."""


async def migrate(migrations: Sequence[Migration], launcher: Launcher, scale: float) -> None:
    """Run them one after the other, each to its end, with the address of its server itself: no fault reaches them.

    Raises PartNotStarted when one fails, or has not ended within its time; it is killed then.
    """
    for migration in migrations:
        part = migration.part
        server = {migration.server: launcher.address(migration.server)}
        await launcher.start_service(part, environment(part.env, ("", 0), server, scale))
        ended = ""

        async def has_ended(name: str = part.name) -> bool:
            nonlocal ended
            ended = await launcher.why_ended(name)
            return bool(ended)

        within_s = migration.within_ms / 1_000
        try:
            await wait_until(has_ended, within_s=within_s, every_s=0.02, what=f"the end of {part.name}")
        except WaitExpired as error:
            said = f"it did not end within {within_s:g} s; {await launcher.log_tail(part.name)}"
            await launcher.kill(part.name)
            raise _failed(migration, said) from error
        if not ended.startswith(f"{part.name} ended with status 0;"):
            raise _failed(migration, ended.removeprefix(f"{part.name} "))


def _failed(migration: Migration, said: str) -> PartNotStarted:
    how, *log = said.splitlines()
    notes = [
        *log[-_LINES_MAX:],
        f"see `migrate` of database {migration.database}: its command and env; it has to end with status 0",
    ]
    return PartNotStarted(f"the migration of database {migration.database!r} failed: {how}", notes)
