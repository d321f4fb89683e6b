"""The cache's state: strings that may expire, and sorted sets. Time comes from outside."""

from __future__ import annotations

from collections.abc import Callable

_INT64_MAX = 2**63 - 1


class CommandError(Exception):
    """The server understood the command and refuses it, as Redis does for a wrong type or a bad argument."""


class Cache:
    """Redis as services see it. `wall_clock_ms` is the server's clock; a key that has expired goes when next used.

    A key that expires `ttl_ms` after it was set is still there at that very millisecond, as in Redis.
    """

    def __init__(self, wall_clock_ms: Callable[[], int]) -> None:
        self._wall_clock_ms = wall_clock_ms
        self._values: dict[str, str | dict[str, int]] = {}
        self._expires_ms: dict[str, int] = {}

    def lose(self) -> int:
        """Drop every key, and return how many were lost."""
        lost = sum(self._live(key) is not None for key in list(self._values))
        self._values.clear()
        self._expires_ms.clear()
        return lost

    def evict(self, takes: Callable[[str], bool]) -> list[str]:
        """Drop every key that `takes` tells to, and return them, sorted."""
        evicted = [key for key in sorted(self._values) if takes(key) and self._live(key) is not None]
        for key in evicted:
            self._forget(key)
        return evicted

    def get(self, key: str) -> str | None:
        """Return the string at `key`, None if there is none."""
        value = self._live(key)
        if isinstance(value, dict):
            raise CommandError(f"{key!r} holds a sorted set, not a string")
        return value

    def set(self, key: str, value: str, ttl_ms: int | None = None, only_if_absent: bool = False) -> bool:
        """Set `key`, replacing its value and its expiry; False if it had to be absent and is not."""
        if ttl_ms is not None and ttl_ms <= 0:
            raise CommandError(f"ttl_ms must be positive, got {ttl_ms}")
        if only_if_absent and self._live(key) is not None:
            return False
        self._values[key] = value
        if ttl_ms is None:
            self._expires_ms.pop(key, None)
        else:
            self._expires_ms[key] = self._wall_clock_ms() + ttl_ms
        return True

    def delete(self, key: str) -> bool:
        """Delete `key`; False if it did not exist."""
        if self._live(key) is None:
            return False
        self._forget(key)
        return True

    def compare_and_delete(self, key: str, value: str) -> bool:
        """Delete `key` if it holds `value`, at one instant, so that a lock is released by its owner only."""
        if self.get(key) != value:
            return False
        self._forget(key)
        return True

    def compare_and_set(self, key: str, value: str, guard: str, token: str, ttl_ms: int) -> bool:
        """Set `key` if `guard` holds `token`, at one instant, so that a value is filled in only by who was let to."""
        if self.get(guard) != token:
            return False
        return self.set(key, value, ttl_ms)

    def rename(self, key: str, new_key: str) -> bool:
        """Put the value at `key`, with its expiry, in the place of the one at `new_key`; False if there is none."""
        value = self._live(key)
        if value is None:
            return False
        expires_ms = self._expires_ms.get(key)
        self._forget(key)
        self._expires_ms.pop(new_key, None)
        self._values[new_key] = value
        if expires_ms is not None:
            self._expires_ms[new_key] = expires_ms
        return True

    def increment(self, key: str, by: int = 1) -> int:
        """Add to the whole number at `key`, 0 if absent, and return the sum; its expiry stays."""
        text = self.get(key)
        total = (0 if text is None else _whole_number(key, text)) + by
        if not _fits(total):
            raise CommandError(f"{key!r} would leave the range of 64 bits")
        self._values[key] = str(total)
        return total

    def take(self, key: str, burst: int, per_s: int) -> bool:
        """Take one from a bucket of `burst` that gets `per_s` a second, at one instant; False if it is empty.

        At `key` is when it will be full again, in microseconds; a key that is not there is a full one.
        """
        now_us, each_us = self._wall_clock_ms() * 1_000, 1_000_000 // per_s
        text = self.get(key)
        full_us = max(now_us, 0 if text is None else _whole_number(key, text)) + each_us
        if full_us - now_us > burst * each_us:
            return False
        return self.set(key, str(full_us), -(-(full_us - now_us) // 1_000))

    def sorted_add(self, key: str, member: str, score: int) -> bool:
        """Put `member` at `score`; True if it is new."""
        members = self._sorted(key)
        if members is None:
            self._values[key] = {member: score}
            return True
        new = member not in members
        members[member] = score
        return new

    def sorted_remove(self, key: str, member: str) -> bool:
        """Remove `member`; False if it was not there. A set without members does not exist."""
        members = self._sorted(key)
        if members is None or members.pop(member, None) is None:
            return False
        if not members:
            self._forget(key)
        return True

    def sorted_rank(self, key: str, member: str) -> int | None:
        """Return the place of `member` from 0, by score, then by member; None if it is not there."""
        members = self._sorted(key)
        if members is None or member not in members:
            return None
        mine = _by_score((member, members[member]))
        return sum(_by_score(entry) < mine for entry in members.items())

    def sorted_range(self, key: str) -> list[tuple[str, int]]:
        """Return all (member, score) by score, then by member."""
        members = self._sorted(key)
        return [] if members is None else sorted(members.items(), key=_by_score)

    def _sorted(self, key: str) -> dict[str, int] | None:
        value = self._live(key)
        if isinstance(value, str):
            raise CommandError(f"{key!r} holds a string, not a sorted set")
        return value

    def _live(self, key: str) -> str | dict[str, int] | None:
        expires_ms = self._expires_ms.get(key)
        if expires_ms is not None and self._wall_clock_ms() > expires_ms:
            self._forget(key)
        return self._values.get(key)

    def _forget(self, key: str) -> None:
        del self._values[key]
        self._expires_ms.pop(key, None)


def _by_score(entry: tuple[str, int]) -> tuple[int, str]:
    return entry[1], entry[0]


def _whole_number(key: str, text: str) -> int:
    # Stricter than int(): Redis takes no spaces, underscores, plus signs or leading zeros, and 64 bits only.
    digits = text.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and len(digits) < 20 and str(int(text)) == text
    if not plain or not _fits(int(text)):
        raise CommandError(f"{key!r} holds no whole number of 64 bits")
    return int(text)


def _fits(number: int) -> bool:
    return -_INT64_MAX - 1 <= number <= _INT64_MAX
