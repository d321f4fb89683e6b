"""Play one script on a real PostgreSQL and on the model: `python -m tests.conformance '<script as JSON>'`."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys

from tests.conformance import servers
from tests.conformance.model import judge
from tests.conformance.recording import record
from tests.conformance.scripts import CLIENTS, Script, from_json
from tests.conformance.sessions import PostgresBench


async def _play(port: int, script: Script) -> str:
    bench = PostgresBench(port)
    await bench.open(CLIENTS)
    recording = await record(bench, script)
    await bench.close()
    for number, seen in enumerate(recording.steps):
        print(number, seen.client, seen.statement, "->", seen.answer, seen.ended or "")  # noqa: T201
    judgement = judge(script, recording)
    return judgement.difference or f"no difference {dict(judgement.tolerated)}"


def main() -> None:
    script = from_json(sys.argv[1])
    folder = servers.new_folder("postgres")
    server = servers.postgres(folder)
    try:
        print(asyncio.run(_play(server.port, script)))  # noqa: T201
    finally:
        server.stop(signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
