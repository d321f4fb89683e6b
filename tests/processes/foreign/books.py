"""A small bookkeeping of which only a description is known: one program as its migration, its API and its worker.

Ids are UUIDs and serial numbers, money is numeric, tables stand in two schemas, and the worker speaks no HTTP.
"""

from __future__ import annotations

import asyncio
import http.server
import json
import os
import signal
import sys
import threading
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

MIGRATION = """
CREATE SCHEMA billing;
CREATE TYPE billing.state AS ENUM ('open', 'paid');
CREATE TABLE billing.invoice (
    no serial PRIMARY KEY, id uuid NOT NULL UNIQUE, customer integer NOT NULL, amount numeric(12, 2) NOT NULL,
    state billing.state NOT NULL DEFAULT 'open', made timestamptz NOT NULL DEFAULT now(), lines jsonb NOT NULL
);
CREATE TABLE invoice (id uuid PRIMARY KEY);
CREATE TABLE "Account" ("Id" integer PRIMARY KEY, total numeric(12, 2) NOT NULL);
"""


def connect() -> Any:
    return asyncpg.connect(os.environ["DATABASE_URL"], ssl=False, command_timeout=1)


async def migrate() -> None:
    connection = await connect()
    await connection.execute(MIGRATION)
    await connection.close()
    sys.stdout.write("the tables are made\n")
    sys.stdout.flush()
    if os.environ.get("MIGRATION") == "fails":
        sys.exit("no such revision")
    if os.environ.get("MIGRATION") == "hangs":
        threading.Event().wait()


async def bill(asked: dict[str, Any]) -> dict[str, Any]:
    connection = await connect()
    try:
        row = await connection.fetchrow(
            "INSERT INTO billing.invoice (id, customer, amount, lines) VALUES ($1, $2, $3::text::numeric, $4) "
            "ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING no, made",
            asked["id"], asked["customer"], str(asked["amount"]), json.dumps([{"price": asked["amount"]}]),
        )  # fmt: skip
    finally:
        await connection.close()
    told = {"id": asked["id"], "amount": f"{float(asked['amount']):.3f}", "made": row["made"].isoformat()}
    producer = AIOKafkaProducer(bootstrap_servers=os.environ["KAFKA"], enable_idempotence=False)
    await producer.start()
    try:
        await producer.send_and_wait(
            "billed", json.dumps({**told, "customer": asked["customer"]}).encode(), asked["id"].encode()
        )
    finally:
        await producer.stop()
    return {"no": row["no"]}


async def pay(no: int) -> dict[str, Any]:
    connection = await connect()
    try:
        return {
            "paid": await connection.execute("UPDATE billing.invoice SET state = 'paid' WHERE no = $1", no)
        }
    finally:
        await connection.close()


class Api(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        _, _, no, *_ = [*self.path.split("/"), "", ""]
        try:
            status, said = 200, asyncio.run(pay(int(no)) if no else bill(asked))
        except Exception as error:
            status, said = 503, {"error": type(error).__name__}
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None: ...


async def work() -> None:
    group = os.environ.get("GROUP", "books")
    consumer = AIOKafkaConsumer(
        "billed", bootstrap_servers=os.environ["KAFKA"], group_id=group, enable_auto_commit=False,
        auto_offset_reset="earliest", session_timeout_ms=int(os.environ["SESSION_MS"]), heartbeat_interval_ms=100,
    )  # fmt: skip
    await consumer.start()
    async for record in consumer:
        told = json.loads(record.value)
        connection = await connect()
        await connection.execute(
            'INSERT INTO "Account" VALUES ($1, $2::text::numeric) ON CONFLICT ("Id") DO UPDATE SET total = "Account".total + excluded.total',
            told["customer"], told["amount"],
        )  # fmt: skip
        await connection.close()
        await consumer.commit()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    match sys.argv[1]:
        case "migrate":
            asyncio.run(migrate())
        case "work":
            asyncio.run(work())
        case _:
            where = os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"])
            http.server.ThreadingHTTPServer(where, Api).serve_forever()
