"""aiokafka's client, with one patience for answers that should come at once and another for a group's."""

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
    """An offset commit was not answered, for `reason`. aiokafka does not repeat it: it is not `retriable`."""

    retriable = False

    def __init__(self, reason: KafkaError) -> None:
        super().__init__(repr(reason))
        self.reason = reason


class PatientClient(AIOKafkaClient):  # type: ignore[misc]  # aiokafka has no types
    """Waits `io_timeout_s` for an answer, then closes the connection, for the answers behind it are lost too.

    Joining a group waits for the other members, so it may take `join_timeout_s`, and so may whatever is behind it
    on its connection.
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
        """One request, one attempt. Raises what aiokafka raises, RequestTimedOutError when out of patience."""
        joins = isinstance(request, _JOINS)
        self._joining += joins
        in_line = self._joining and group == ConnectionGroup.COORDINATION
        try:
            async with asyncio.timeout(self._join_timeout_s if in_line else self._io_timeout_s):
                return await super().send(node_id, request, group=group)
        except TimeoutError:
            self._hang_up(node_id, group, CloseReason.CONNECTION_TIMEOUT)
            raise self._failure(request, RequestTimedOutError()) from None
        except CorrelationIdError:
            # The answer to a later request has come: the one to this never will, although the connection lived.
            raise self._failure(request, RequestTimedOutError()) from None
        except KafkaError as error:
            raise self._failure(request, error) from None
        except RuntimeError as error:
            # Every KafkaError is one too, so this comes behind it. uvloop, unlike asyncio, refuses to write to a
            # connection whose end has not been read yet.
            if _CLOSED not in str(error):
                raise
            self._hang_up(node_id, group, CloseReason.CONNECTION_BROKEN)
            raise self._failure(request, KafkaConnectionError(str(error))) from None
        finally:
            self._joining -= joins

    def _hang_up(self, node_id: Any, group: Any, reason: CloseReason) -> None:
        connection = self._conns.get((node_id, group))
        if connection is not None:
            connection.close(reason=reason)

    @staticmethod
    def _failure(request: Any, error: KafkaError) -> KafkaError:
        return CommitUnconfirmed(error) if isinstance(request, OffsetCommitRequest) else error


RETRY_BACKOFF_MS = 5
"""Between the steps of joining a group too, where aiokafka's 100 ms would be most of the time it takes."""
