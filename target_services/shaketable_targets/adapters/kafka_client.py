"""aiokafka's client, with one timeout for answers that should come at once and another for joining a group."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.errors import CorrelationIdError, KafkaConnectionError, KafkaError, RequestTimedOutError
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.group import JoinGroupRequest, SyncGroupRequest

_JOINS = (JoinGroupRequest, SyncGroupRequest)
_CLOSED = "the handler is closed"


class CommitUnconfirmed(KafkaError):  # type: ignore[misc]  # aiokafka has no types
    """An offset commit was not answered, for `reason`. It is not `retriable`, so aiokafka does not repeat it."""

    retriable = False

    def __init__(self, reason: KafkaError) -> None:
        super().__init__(repr(reason))
        self.reason = reason


class PatientClient(AIOKafkaClient):  # type: ignore[misc]  # aiokafka has no types
    """Waits `io_timeout_s` for an answer, then closes the connection, because later answers on it are lost too.

    A join is answered only when the other members have joined, so it may take `join_timeout_s`, and so may every request
    behind it on its connection.
    """

    def __init__(
        self, bootstrap: str, client_id: str, io_timeout_s: float, join_timeout_s: float = 0.0
    ) -> None:
        self._io_timeout_s = io_timeout_s
        self._join_timeout_s = max(io_timeout_s, join_timeout_s)
        self._joining = 0
        super().__init__(
            bootstrap_servers=bootstrap,
            client_id=client_id,
            request_timeout_ms=max(1, round(self._join_timeout_s * 1000)),
            retry_backoff_ms=RETRY_BACKOFF_MS,
        )

    async def send(self, node_id: Any, request: Any, *, group: Any = ConnectionGroup.DEFAULT) -> Any:
        """Send one request, once. Raises the errors of aiokafka, RequestTimedOutError after the timeout."""
        joins = isinstance(request, _JOINS)
        self._joining += joins
        in_line = self._joining and group == ConnectionGroup.COORDINATION
        try:
            async with asyncio.timeout(self._join_timeout_s if in_line else self._io_timeout_s):
                return await super().send(node_id, request, group=group)
        except TimeoutError:
            self._close_connection(node_id, group, CloseReason.CONNECTION_TIMEOUT)
            raise self._failure(request, RequestTimedOutError()) from None
        except CorrelationIdError:
            # The answer to a later request has come: the one to this will never come, although the connection is alive.
            raise self._failure(request, RequestTimedOutError()) from None
        except KafkaError as error:
            raise self._failure(request, error) from None
        except RuntimeError as error:
            # Every KafkaError is a RuntimeError too, so this clause stands behind it. uvloop, unlike asyncio, refuses to
            # write to a connection that has ended and whose end has not been read yet.
            if _CLOSED not in str(error):
                raise
            self._close_connection(node_id, group, CloseReason.CONNECTION_BROKEN)
            raise self._failure(request, KafkaConnectionError(str(error))) from None
        finally:
            self._joining -= joins

    def _close_connection(self, node_id: Any, group: Any, reason: CloseReason) -> None:
        connection = self._conns.get((node_id, group))
        if connection is not None:
            connection.close(reason=reason)

    @staticmethod
    def _failure(request: Any, error: KafkaError) -> KafkaError:
        return CommitUnconfirmed(error) if isinstance(request, OffsetCommitRequest) else error


RETRY_BACKOFF_MS = 5
"""Also the pause between the steps of joining a group, of which aiokafka's 100 ms would be the longest part."""
