"""A test of your lock, written by `shaketable init lock`. Run it: `pytest test_my_lock.py`.

1. It is green. Write `Mistaken` for `MyLock` in the line `CERTIFIED = ...` and run it again: it is red, and a story says why.
2. Put your own class in the place of MyLock, the commands that it sends into Store, and declare in PROFILE how it behaves.
3. Keep it in your CI; `--shaketable-profile soak` tries more. `docs/patterns/lock.md` of shaketable says what each method returns.
"""

from __future__ import annotations

from shaketable import Clock, SyncPoints, certify, lock, outside

LEASE_MS = 10_000


@outside
class Store:
    """The server: each command is one step, either message of it may be lost, and what it keeps survives a power cut."""

    def __init__(self, clock: Clock, points: SyncPoints) -> None:
        self._clock, self._points = clock, points
        self._keys: dict[str, tuple[str, int]] = points.durable("keys", dict)  # owner, and until when
        self._tokens: list[str] = points.durable("tokens", list)
        self._written: list[tuple[int, str]] = points.durable("written", list)

    def take(self, owner: str) -> int | None:
        """Set the key unless it has an owner; return a token that grows with each owner, or None."""
        self._points.reach("store.request")
        token = None
        if not self.owner():
            self._keys["job"] = owner, self._clock.now_ms() + LEASE_MS
            self._tokens.append(owner)
            token = len(self._tokens)
        self._points.reach("store.reply")
        return token

    def extend(self, owner: str) -> bool:
        """Let the key live for a full lease from now on, if it still has this owner."""
        self._points.reach("store.request")
        is_owner = self.owner() == owner
        if is_owner:
            self._keys["job"] = owner, self._clock.now_ms() + LEASE_MS
        self._points.reach("store.reply")
        return is_owner

    def delete(self, owner: str = "") -> None:
        """Delete the key, with an owner only if it still has that one."""
        self._points.reach("store.request")
        if owner in ("", self.owner()):
            self._keys.pop("job", None)
        self._points.reach("store.reply")

    def write(self, token: int, writer: str) -> bool:
        """Write what the lock guards, unless the token is older than one that has written."""
        self._points.reach("store.request")
        taken = not self._written or token >= self._written[-1][0]
        if taken:
            self._written.append((token, writer))
        self._points.reach("store.reply")
        return taken

    def owner(self) -> str:
        owner, until_ms = self._keys.get("job", ("", 0))
        return owner if self._clock.now_ms() < until_ms else ""

    def shown(self) -> dict[str, object]:
        owner = self.owner()
        return {"owner": owner.partition(":")[0], "until_ms": self._keys["job"][1] if owner else 0}

    def written(self) -> dict[str, object]:
        return {"writer": self._written[-1][1] if self._written else "", "writes": len(self._written)}


class MyLock:
    """The lock as one process uses it: a key of a store with a time to live, deleted and extended by its owner alone."""

    def __init__(self, name: str, store: Store, clock: Clock) -> None:
        self._name, self._store, self._clock = name, store, clock
        self._attempts = 0
        self._owner = ""
        self._until_ms = 0
        self.token = 0

    def acquire(self) -> int | None:
        """Return the fencing token, or None if it is taken."""
        if self.holds():
            return None
        self._attempts += 1
        owner = f"{self._name}:{self._attempts}"  # no two attempts of a process have the same
        until_ms = self._clock.now_ms() + LEASE_MS
        token = self._store.take(owner)
        if token is not None:
            self._owner, self._until_ms, self.token = owner, until_ms, token
        return token

    def release(self) -> None:
        """Give it back; after an error it can be called again."""
        if self._owner:
            self._delete(self._owner)
            self._owner, self._until_ms = "", 0

    def extend(self) -> bool:
        """Take it for a full lease from now on; return False if that is too late."""
        until_ms = self._clock.now_ms() + LEASE_MS
        extended = bool(self._owner) and self._store.extend(self._owner)
        if extended:
            self._until_ms = max(self._until_ms, until_ms)
        return extended

    def holds(self) -> bool:
        """Tell, without asking the store, whether the lease still runs."""
        return bool(self._owner) and self._clock.now_ms() < self._until_ms

    def _delete(self, owner: str) -> None:
        self._store.delete(owner)


class Mistaken(MyLock):
    """The planted mistake: a release deletes the key, though another process may have it by now."""

    def _delete(self, owner: str) -> None:
        self._store.delete()


CERTIFIED = MyLock  # the planted mistake: CERTIFIED = Mistaken

PROFILE: dict[str, str | int | float | bool] = {
    "lease_ms": LEASE_MS,  # after it the lock is free, whatever became of its holder
    "fencing": "checked",  # what it guards refuses the token of an earlier holder; or none
    "clock": "store",  # whose time ends a lease: the store's, or that of each node
    "at_least_ms": 0,  # a release does not free it earlier
    "grace_ms": 0,  # the store may notice the end of a lease, or a release, so much later
    "extend": "from_now",  # no; or by a full lease from_now, or it adds one to what is left
    "revives": False,  # a lease that is over may be extended while there is no other holder
    "reentrant": "no",  # its holder gets it again, and that keeps the lease, or renews it
    "renewal": False,  # it extends its lease by itself while its holder lives
    "tells": True,  # holds() answers
    "store_observable": True,  # store() shows the owner and the end of its lease
}


class Adapter:
    """Plays three processes, a, b and c, with one store; it need not be changed for a lock with the same methods."""

    def __init__(self, clock: Clock, points: SyncPoints) -> None:
        self._store = Store(clock, points)
        self._locks = {name: CERTIFIED(name, self._store, clock.node(name)) for name in ("a", "b", "c")}

    def acquire(self, holder: str) -> object:
        return self._locks[holder].acquire()

    def release(self, holder: str) -> None:
        self._locks[holder].release()

    def extend(self, holder: str) -> object:
        return self._locks[holder].extend()

    def holds(self, holder: str) -> object:
        return self._locks[holder].holds()

    def write(self, holder: str) -> object:
        mine = self._locks[holder]
        return mine.holds() and self._store.write(mine.token, holder)

    def store(self) -> dict[str, object]:
        return self._store.shown()

    def written(self) -> dict[str, object]:
        return self._store.written()


def test_my_lock() -> None:
    """Certify it: it has to keep every promise under lost messages, power cuts, pauses and clocks that step."""
    # MyLock has no lock of its own: each process uses its one from one thread at a time. Without `carrier` its lines meet those of other threads.
    certify(lock("my-lock", Adapter, profile=PROFILE, sync=True, carrier="greenlets"))
