"""A service that draws its own ids: a client names nothing, so neither a row nor a record says which run it is of."""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import signal
import sys
import threading
import uuid
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

PAUSE_S = 0.05


def connect() -> Any:
    return asyncpg.connect(os.environ["DATABASE_URL"], ssl=False, command_timeout=1)


async def take(kind: str) -> str:
    """Take one thing, with an id of our own; the relay tells it."""
    thing, connection = str(uuid.uuid4()), await connect()
    try:
        await connection.execute("INSERT INTO thing VALUES ($1, $2)", thing, kind)
    finally:
        await connection.close()
    return thing


async def relay() -> None:
    """Tell every thing that was not told yet."""
    producer = AIOKafkaProducer(bootstrap_servers=os.environ["KAFKA"], enable_idempotence=False)
    await producer.start()
    while True:
        await asyncio.sleep(PAUSE_S)
        connection = await connect()
        try:
            for row in await connection.fetch("SELECT id, kind FROM thing WHERE NOT told"):
                said = json.dumps({"id": str(row["id"]), "kind": row["kind"]}).encode()
                await producer.send_and_wait("things", said, str(row["id"]).encode())
                await connection.execute("UPDATE thing SET told = true WHERE id = $1", row["id"])
        finally:
            await connection.close()


class Api(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            status, said = 201, {"id": asyncio.run(take(asked["kind"]))}
        except Exception as error:
            status, said = 503, {"error": type(error).__name__}
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None: ...


async def work() -> None:
    """Do each thing once it is told; one that sticks is waited for without end."""
    consumer = AIOKafkaConsumer(
        "things", bootstrap_servers=os.environ["KAFKA"], group_id="things", enable_auto_commit=False,
        auto_offset_reset="earliest", session_timeout_ms=int(os.environ["SESSION_MS"]), heartbeat_interval_ms=100,
    )  # fmt: skip
    await consumer.start()
    async for record in consumer:
        told = json.loads(record.value)
        if told["kind"] == "sticks":
            await asyncio.Event().wait()
        connection = await connect()
        await connection.execute("INSERT INTO done VALUES ($1, $2)", str(uuid.uuid4()), told["kind"])
        await connection.close()
        await consumer.commit()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if sys.argv[1] == "work":
        asyncio.run(work())
    else:
        threading.Thread(target=lambda: asyncio.run(relay()), daemon=True).start()
        where = os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"])
        http.server.ThreadingHTTPServer(where, Api).serve_forever()
