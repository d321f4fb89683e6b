"""The simulated database against a real PostgreSQL: random interleavings of transactions, every answer compared.

**Same allowed outcome.** Three clients play a script, one statement at a time, at one isolation level or each at
its own. After every statement all is settled: each client has its answer or waits for a lock. Compared are every
answer (rows, counts, errors by class), which statements wait, which waiting ones each step lets end and how, and
the committed rows at the end. A SELECT without an order may give its rows in any. All must be equal, except:

- `race`: statements that one step wakes at the same moment go on in any order, before or after PostgreSQL has settled
  what the ended transaction read, and of a cycle of waiting transactions any may be the deadlock's victim.
  PostgreSQL's outcome is allowed when the model gives that very outcome, to the end of the script, with another order
  or another victim; the comparison tries them.
- `finer race`: several statements were woken at the same moment, and no order of whole statements gives
  PostgreSQL's outcome, because it runs them side by side. At most one script of 200.

Anything else fails with its seed, made as short as it can be, and printed as data: `python -m tests.conformance '<data>'`.
At SERIALIZABLE the answers depend on what is read through which index, so that the model's plans are compared as well.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.conformance.conftest import SCRIPTS, SEED
from tests.conformance.model import judge
from tests.conformance.recording import record
from tests.conformance.scripts import CLIENTS, LEVELS, Script, draw
from tests.conformance.sessions import PostgresBench

_SHORT = 60
_SCRIPTS_PER_FINER_RACE = 200
_SHRINK_RUNS = 300


@pytest.mark.parametrize("level", [*LEVELS, "mixed"])
def test_the_model_answers_as_postgresql_does(postgres_port, level, record_property):
    counts = asyncio.run(_compare(postgres_port, level, SEED, SCRIPTS or _SHORT))
    for name, count in counts.items():
        record_property(name, count)
    print(f"\n{level}: {dict(counts)}")  # noqa: T201  # the report of a long run
    assert counts["waits"] > counts["scripts"] // 10, "hardly a client waits: these scripts show nothing"
    assert counts["finer race"] <= 1 + counts["scripts"] // _SCRIPTS_PER_FINER_RACE


async def _compare(port: int, level: str, first: int, scripts: int) -> Counter[str]:
    bench = PostgresBench(port)
    await bench.open(CLIENTS)
    counts: Counter[str] = Counter()
    try:
        for seed in range(first, first + scripts):
            script = draw(seed, level)
            recording = await record(bench, script)
            judgement = judge(script, recording)
            if judgement.difference and not judgement.tolerated["finer race"]:
                pytest.fail(f"seed {seed}: {await _explain(bench, script, judgement.difference)}")
            counts += judgement.tolerated
            counts.update(scripts=1, statements=len(recording.steps), waits=recording.waits)
    finally:
        await bench.close()
    return counts


async def _explain(bench: PostgresBench, script: Script, difference: str) -> str:
    """Print the shortest script found that still differs, as text to copy."""
    runs, n = 0, 0
    while n < len(script.steps) and runs < _SHRINK_RUNS:
        shorter = Script(script.levels, script.steps[:n] + script.steps[n + 1 :])
        judgement = judge(shorter, await record(bench, shorter))
        runs += 1
        if judgement.difference:
            script, difference = shorter, judgement.difference
        else:
            n += 1
    return f"{difference}\n\npython -m tests.conformance '{script.as_json()}'"


def test_a_model_that_differs_is_found_and_printed_as_data(postgres_port, monkeypatch):
    """Show the comparison red: of a model without its check of negative stock."""
    monkeypatch.setattr("shaketable.sim.database.table.StoredTable.check", lambda self, row: None)
    with pytest.raises(pytest.fail.Exception, match=r"python -m tests\.conformance '\{"):
        asyncio.run(_compare(postgres_port, "read committed", 0, 100))
