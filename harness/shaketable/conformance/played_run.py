"""One run of a clause that has finished, and the checks of what it must show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shaketable.boundary import Boundary
from shaketable.errors import HarnessError
from shaketable.history import Event, History, Json, Op
from shaketable.runner import void_reason

PATH_MS = 50
"""The time that the messages of one op may take between them where everything else is exact."""
LONG_MS = 30_000
"""A fault that is healed before it ends by itself would have lasted this long."""


class ClauseBroken(HarnessError):
    """A world does not do what docs/faults.md says."""


@dataclass(frozen=True, slots=True)
class Claims:
    """A world's claims of itself. Times are schedule milliseconds.

    An event that is due at an instant may be seen `early_ms` before it (clocks are read twice) and `late_ms` after it;
    a party that comes back may need `start_ms` for it. A simulated world claims 0 throughout. Where byte-level faults
    do not act (`has_byte_faults`), they leave the run unknown, and so does a retention where a broker deletes no records
    (`deletes_records`).
    """

    late_ms: int = 0
    early_ms: int = 0
    start_ms: int = 0
    has_byte_faults: bool = False
    deletes_records: bool = True

    def __post_init__(self) -> None:
        if self.late_ms >= LONG_MS // 2:
            raise HarnessError(
                f"late_ms must be under {LONG_MS // 2}: later than that cannot be told from never"
            )


class PlayedRun:
    """A finished run of the tiny system. A check that fails raises ClauseBroken, which says what was expected."""

    def __init__(self, history: History, boundaries: Iterable[Boundary], claims: Claims) -> None:
        self.history = history
        self.boundaries = tuple(str(boundary) for boundary in boundaries)
        void = void_reason(history)
        self.void = "" if void is None else void.text
        self._claims = claims

    # -- what happened -----------------------------------------------------------------------------------

    def events(self, kind: str, name: str = "", process: str = "") -> list[Event]:
        return [
            e for e in self.history if e.kind == kind and name in ("", e.name) and process in ("", e.process)
        ]

    def the(self, kind: str, name: str = "", process: str = "") -> Event:
        """Return the only event of that kind."""
        found = self.events(kind, name, process)
        self.equal(f"number of {kind} {name} {process}".rstrip(), len(found), 1)
        return found[0]

    @property
    def paid(self) -> list[str]:
        """The sales for which the bank was asked, in order."""
        return [e.value["sale"] for e in self.events("effect", "pay")]

    @property
    def sold(self) -> list[str]:
        return [e.value["writes"][0][2]["id"] for e in self.commits("shop")]

    @property
    def seen(self) -> list[str]:
        return [e.value["writes"][0][2]["id"] for e in self.commits("reader")]

    @property
    def appended(self) -> list[tuple[str, int]]:
        return [(e.value["key"], e.value["offset"]) for e in self.events("effect", "append")]

    def commits(self, database: str) -> list[Event]:
        return [e for e in self.events("effect", "commit") if e.value["db"] == database]

    def op(self, n: int = 0) -> Op:
        return self.history.ops()[n]

    def took_ms(self, n: int = 0) -> int:
        """Return the time from the n-th op's invocation to its completion."""
        op = self.op(n)
        if op.completed is None:
            raise ClauseBroken(f"op {n} never completed")
        return op.completed.time_ms - op.invoked.time_ms

    # -- what it must show -------------------------------------------------------------------------------

    def equal(self, what: str, seen: Json, wanted: Json) -> None:
        if seen != wanted:
            raise ClauseBroken(f"{what}: expected {wanted!r}, saw {seen!r}")

    def outcome(self, wanted: str, result: Json = None, n: int = 0) -> None:
        """Check how the n-th op ended; `result` of an `ok` is compared only when given."""
        op = self.op(n)
        seen = (op.outcome, op.result if result is not None else None)
        self.equal(f"outcome of op {n} ({op.name})", seen, (wanted, result))

    def landed(self, name: str, times: int = 1) -> Event:
        """Check that each of the faults `name` left exactly one receipt that names it; return the first receipt."""
        faults, receipts = self.events("fault", name), self.events("receipt", name)
        self.equal(f"receipts of {name}", [r.ref for r in receipts], [f.index for f in faults])
        self.equal(f"number of receipts of {name}", len(receipts), times)
        for receipt in receipts:
            if not (isinstance(receipt.value, dict) and receipt.value.get("what")):
                raise ClauseBroken(f"the receipt of {name} does not say what happened")
        return receipts[0]

    def never_landed(self) -> None:
        self.equal("receipts", [r.value for r in self.events("receipt")], [])

    def due(self, what: str, seen_ms: int, wanted_ms: int, *, path_ms: int = 0) -> None:
        """Check that `seen_ms` is `wanted_ms`, as nearly as the world claims; an answer's messages may take `path_ms`."""
        early, late = self._claims.early_ms, self._claims.late_ms + path_ms
        if not -early <= seen_ms - wanted_ms <= late:
            raise ClauseBroken(f"{what}: due at {wanted_ms} ms (at most {late} later), seen at {seen_ms} ms")

    def answered(self, wanted_ms: int, n: int = 0) -> None:
        """Check that the n-th op took `wanted_ms`."""
        self.due(f"the answer of op {n}", self.took_ms(n), wanted_ms, path_ms=PATH_MS)

    def returned(self, party: str, seen_ms: int, wanted_ms: int) -> None:
        """Check that `party` came back after `wanted_ms`, and after the time that a start takes."""
        self.due(f"the return of {party}", seen_ms, wanted_ms, path_ms=self._claims.start_ms)

    def at_least(self, what: str, seen_ms: int, wanted_ms: int) -> None:
        if seen_ms < wanted_ms - self._claims.early_ms:
            raise ClauseBroken(f"{what}: not before {wanted_ms} ms, seen at {seen_ms} ms")
