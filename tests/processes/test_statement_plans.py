"""The plan of a relay's own statement, asked of a real PostgreSQL as for a table that has grown."""

import struct

import asyncpg

from shaketable.real.oracles.plans import Asked, index_of
from tests.processes.started import POSTGRES, needs_the_extra, run, started

pytestmark = needs_the_extra

DDL = """
CREATE TABLE bare (id bigserial PRIMARY KEY, status text, created_ms bigint);
CREATE TABLE indexed (id bigserial PRIMARY KEY, status text, created_ms bigint);
CREATE INDEX by_status ON indexed (status, created_ms);
CREATE TABLE partial (id bigserial PRIMARY KEY, sent_at timestamptz, is_sent boolean NOT NULL DEFAULT false);
CREATE INDEX unsent ON partial (id) WHERE sent_at IS NULL;
CREATE INDEX unmarked ON partial (id) WHERE NOT is_sent;
INSERT INTO bare (status, created_ms) VALUES ('PENDING', 1);
INSERT INTO indexed (status, created_ms) VALUES ('PENDING', 1);
INSERT INTO partial DEFAULT VALUES;
"""


def bound(*values):
    texts = [str(value).encode() for value in values]
    parts = [struct.pack(">HH", 0, len(texts)), *(struct.pack(">i", len(one)) + one for one in texts)]
    return b"".join(parts)


QUESTIONS = {
    ("bare", "SELECT * FROM {} WHERE created_ms > $1", ("no number",)): None,
    ("indexed", "SELECT * FROM {} WHERE status = $1 ORDER BY id LIMIT $2", ("PENDING", 3)): "by_status",
    (
        "indexed",
        "SELECT * FROM {} WHERE status = 'PENDING' ORDER BY created_ms FOR UPDATE SKIP LOCKED",
        (),
    ): "by_status",
    ("indexed", "SELECT * FROM {} WHERE id IN ($1, $2) AND status = $3", (1, 2, "PENDING")): "indexed_pkey",
    ("indexed", "SELECT * FROM {} ORDER BY id LIMIT 5", ()): "",
    ("bare", "SELECT * FROM {} WHERE status = $1 ORDER BY id LIMIT $2", ("PENDING", 3)): "",
    ("bare", "SELECT * FROM {} WHERE id > $1 ORDER BY id LIMIT 10;", (7,)): "bare_pkey",
    ("partial", "SELECT * FROM {} WHERE sent_at IS NULL ORDER BY id LIMIT 10", ()): "unsent",
    ("partial", "SELECT * FROM {} WHERE is_sent = false ORDER BY id LIMIT 10", ()): "unmarked",
    ("bare", "this is no SQL of {}", ()): None,
    ("bare", "SELECT * FROM {}; DROP TABLE {}", ()): None,
}


def test_a_statement_is_planned_for_a_table_that_has_grown_and_nothing_is_left_behind():
    async def story():
        async with started(POSTGRES) as launcher:
            host, port = launcher.address("postgres")
            connection = await asyncpg.connect(
                host=host, port=port, user="postgres", database="postgres", ssl=False
            )
            try:
                await connection.execute(DDL)
                grown = "SELECT relname, reltuples FROM pg_class WHERE relname IN ('bare', 'indexed', 'partial') ORDER BY 1"
                before = await connection.fetch(grown)
                found = {}
                for table, text, values in QUESTIONS:
                    asked = Asked(text.replace("{}", table).encode(), bound(*values))
                    found[table, text, values] = await index_of(connection, ("public", table), asked)
                assert found == QUESTIONS
                assert await connection.fetch(grown) == before
                assert (
                    await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE from_sql")
                    == 0
                )
            finally:
                await connection.close()

    run(story())
