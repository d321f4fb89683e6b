"""The answers of a real PostgreSQL to a script: the clients that waited, what woke them, and the rows at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.conformance.scripts import ENDS, Cancel, Disconnect, OnPrepared, Script, Statement
from tests.conformance.sessions import Answer, PostgresBench


@dataclass
class Seen:
    """One step that was done: its answer, and those of waiting statements that it let end."""

    client: int
    statement: Statement
    answer: Answer
    ended: dict[int, Answer] = field(default_factory=dict)


@dataclass
class Recording:
    steps: list[Seen]
    rows: dict[str, list[dict[str, Any]]]

    @property
    def waits(self) -> int:
        return sum(seen.answer == ("wait",) for seen in self.steps)


async def record(bench: PostgresBench, script: Script) -> Recording:
    """Play the script. A step that is impossible then (a statement while another one waits) is left out."""
    await bench.reset()
    steps = []
    for step in script.steps:
        client = bench[step.client]
        waits = client.running is not None
        match step.statement:
            case Cancel():
                if not waits:
                    continue
                await bench.cancel(client)
            case Disconnect():
                if not client.open:
                    continue
                await bench.disconnect(client)
            case statement:
                ends_another = isinstance(statement, OnPrepared)
                if (
                    waits
                    or (isinstance(statement, ENDS) and not client.open)
                    or (ends_another and client.open)
                ):
                    continue
                if not client.open and not ends_another:
                    await client.begin(script.levels[step.client])
                client.start(statement)
        await bench.settle()
        gone = isinstance(step.statement, Disconnect)
        seen = Seen(step.client, step.statement, ("gone",) if gone else client.take())
        for other in bench.waiting():
            if other != step.client:
                answer = bench[other].take()
                if answer != ("wait",):
                    seen.ended[other] = answer
        steps.append(seen)
    await bench.finish()
    return Recording(steps, await bench.rows())
