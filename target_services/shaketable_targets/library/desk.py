"""The desk: lends volumes over HTTP. A loan and the news of each of its volumes are one transaction."""

from __future__ import annotations

import json
import logging
import os

import psycopg

from shaketable_targets.library.settings import DATABASE_URL, PATIENCE_S
from shaketable_targets.threaded.database import Database
from shaketable_targets.threaded.json_http import Answer, Asked, serve

_database = Database(DATABASE_URL, PATIENCE_S)


def answer(asked: Asked) -> Answer:
    """Answer GET /healthz and POST /loans {loan, volumes}."""
    match asked.method, asked.path:
        case "GET", ("healthz",):
            return 200, {}
        case "POST", _:
            try:
                lend(str(asked.body["loan"]), int(asked.body["volumes"]))
            except psycopg.errors.UniqueViolation:
                return 409, {}
            return 201, {}
    return 404, {}


def lend(loan: str, volumes: int) -> None:
    """Write down that so many volumes are lent, and the news of each, or nothing of it."""
    with _database.transaction() as connection:
        for volume in range(1, volumes + 1):
            connection.execute("INSERT INTO lent (loan, volume) VALUES (%s, %s)", (loan, volume))
            news = json.dumps({"loan": loan, "volume": volume})
            connection.execute("INSERT INTO news (loan, body) VALUES (%s, %s)", (loan, news))


def main() -> None:
    """Serve until the process ends."""
    logging.basicConfig(level=logging.INFO)
    serve(os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]), answer, (psycopg.Error,))


if __name__ == "__main__":
    main()
