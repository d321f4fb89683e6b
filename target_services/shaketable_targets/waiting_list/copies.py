"""Cached copies of rows: one fills a copy in, the others look again, and what was read before a change fills in nothing."""

from __future__ import annotations

import asyncio
import json

from shaketable.ports import TRANSIENT, Cache, Json, Ports, Row
from shaketable_targets.order_system.config import Config
from shaketable_targets.waiting_list.waitings import Waitings

COPY_TTL_MS = 10_000
"""An invalidation that never reached Redis is made up for by then."""


class Copies:
    """Reads through, fills in under a lease, and is told of each change after its commit."""

    ttl_ms = COPY_TTL_MS

    def __init__(self, ports: Ports, config: Config, waitings: Waitings) -> None:
        self.cache: Cache = ports.cache
        self.new_id = ports.new_id
        self.lease_ms = config.key_lease_ms
        self.waitings = waitings
        self.loads: dict[str, asyncio.Event] = {}

    async def get(self, waiting: str) -> Json:
        """Return what the row says, None if there is none; from the database while Redis cannot be reached."""
        try:
            copy = await self.cache.get(copy_key(waiting))
            if copy is None and waiting in self.loads:
                await self.loads[waiting].wait()
                # Its answer may have been read before a change that this caller was told of: the copy was not.
                copy = await self.cache.get(copy_key(waiting))
        except TRANSIENT:
            return await self.read(waiting)
        if copy is not None:
            return json.loads(copy)
        if waiting in self.loads:
            return await self.read(waiting)
        return await self.lead(waiting)

    async def lead(self, waiting: str) -> Json:
        """Read and fill in, while others of this process wait."""
        landed = self.loads[waiting] = asyncio.Event()
        try:
            return await self.fill(waiting)
        finally:
            del self.loads[waiting]
            landed.set()

    async def fill(self, waiting: str) -> Json:
        """Take the lease first, then read: a change in between takes the lease away."""
        token = await self.lease(waiting)
        found = await self.read(waiting)
        if found is not None and token:
            await self.store(waiting, found, token)
        return found

    async def lease(self, waiting: str) -> str:
        """Return a token, or "" while another has the lease or Redis cannot be reached."""
        token = self.new_id()
        try:
            mine = await self.cache.set(lease_key(waiting), token, ttl_ms=self.lease_ms, only_if_absent=True)
        except TRANSIENT:
            return ""
        return token if mine else ""

    async def store(self, waiting: str, found: Json, token: str) -> None:
        try:
            await self.cache.compare_and_set(
                copy_key(waiting),
                json.dumps(found),
                guard=lease_key(waiting),
                token=token,
                ttl_ms=self.ttl_ms,
            )
        except TRANSIENT:
            return  # the next reader tries again

    async def read(self, waiting: str) -> Json:
        row = await self.waitings.get(waiting)
        return None if row is None else said(row)

    async def invalidate(self, waiting: str) -> bool:
        """Take the lease away, then the copy; tell whether both are known to be gone."""
        try:
            await self.cache.delete(lease_key(waiting))
            await self.cache.delete(copy_key(waiting))
        except TRANSIENT:
            return False
        return True


def said(row: Row) -> Json:
    """Return what is answered about a row."""
    return {"waiting": row["id"], **{field: row[field] for field in ("place", "party", "status", "version")}}


def copy_key(waiting: str) -> str:
    return f"waiting:{waiting}"


def lease_key(waiting: str) -> str:
    return f"filling:{waiting}"
