"""The ports of two-phase commit: a transaction that its client leaves prepared, and its end by name.

Services find them in `shaketable.ports`. (PostgreSQL documentation, PREPARE TRANSACTION.)
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol


class Prepares(Protocol):
    """A transaction that can be prepared."""

    def prepare(self, name: str) -> Awaitable[None]:
        """End the work by PREPARE TRANSACTION: now only its name ends it. Raises UniqueViolation, TransactionAborted."""
        ...


class EndsPrepared(Protocol):
    """A database whose prepared transactions are ended by name. To end one that there is not raises NotPrepared."""

    def prepared(self) -> Awaitable[list[str]]: ...
    def commit_prepared(self, name: str) -> Awaitable[None]: ...
    def rollback_prepared(self, name: str) -> Awaitable[None]: ...
