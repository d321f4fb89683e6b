"""Known situations of concurrent transactions, on a real PostgreSQL and on the model: both do what is expected, alike."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.conformance.model import judge
from tests.conformance.recording import Recording, record
from tests.conformance.scripts import CLIENTS, Script
from tests.conformance.sessions import PostgresBench
from tests.conformance.situations import ALL, Situation


@pytest.mark.parametrize("situation", ALL, ids=lambda situation: situation.name)
def test_what_is_expected_happens_on_both(postgres_port: int, situation: Situation) -> None:
    recording = asyncio.run(_record(postgres_port, situation.script))
    errors = Counter(answer[1] for answer in _answers(recording) if answer[0] == "error")
    assert errors == situation.errors
    assert recording.waits == situation.waits
    assert {row["id"]: row["stock"] for row in recording.rows["items"]} == situation.stocks
    judgement = judge(situation.script, recording)
    assert not judgement.difference, f"{judgement.difference}: {situation.script.as_json()}"


def test_each_has_a_name_of_its_own() -> None:
    assert len({situation.name for situation in ALL}) == len(ALL)


def _answers(recording: Recording) -> list[tuple[object, ...]]:
    return [answer for seen in recording.steps for answer in (seen.answer, *seen.ended.values())]


async def _record(port: int, script: Script) -> Recording:
    bench = PostgresBench(port)
    await bench.open(CLIENTS)
    try:
        return await record(bench, script)
    finally:
        await bench.close()
