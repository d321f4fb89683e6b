"""The description of a system, as its TOML or JSON file declares it: data and nothing else.

`shaketable.descriptions.file` reads and checks it, `shaketable.descriptions.system` makes a system of it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from shaketable.history import Json

CLIENT = "client"

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Ms = Annotated[int, msgspec.Meta(ge=1, le=3_600_000)]
Status = Annotated[int, msgspec.Meta(ge=100, le=599)]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file. An unknown field is an error, since it is most likely a known one misspelt."""


class PartText(_Strict, frozen=True, kw_only=True):
    """A process: the image that `containers` runs, the command that `processes` runs, and its environment.

    With `replicas` there are so many processes of it, `name-1` and so on, behind one address, which goes by its name. Parts
    that differ and are replicas of one service all the same share a `role`. It is ready when GET of
    the path `ready` answers 200; "port" means as soon as it listens; of a worker without HTTP "group:NAME" means as soon as
    it is a member of that consumer group, and "none" as soon as it runs.
    """

    name: Name
    role: Annotated[str, msgspec.Meta(pattern=r"^([a-z][a-z0-9-]{0,39})?$")] = ""
    replicas: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1
    image: str = ""
    command: tuple[Word, ...] = ()
    env: dict[str, str] = {}
    ready: Annotated[str, msgspec.Meta(pattern=r"^(/\S*|port|none|group:\S{1,200})$")] = "/healthz"

    @property
    def processes(self) -> tuple[str, ...]:
        """The names of its processes."""
        if self.replicas == 1:
            return (self.name,)
        return tuple(f"{self.name}-{number}" for number in range(1, self.replicas + 1))


class LinkText(_Strict, frozen=True, kw_only=True, rename={"sender": "from", "receiver": "to"}):
    """A client, a server and the protocol between them. A link to PostgreSQL names the logical database."""

    sender: Name
    receiver: Name
    protocol: Word
    database: str = ""


class TableText(_Strict, frozen=True, kw_only=True):
    """A table, the columns of its key, and the rows that it has when a run begins."""

    name: Word
    key: tuple[Word, ...]
    rows: tuple[dict[str, str | int | bool | None], ...] = ()


class MigrateText(_Strict, frozen=True, kw_only=True):
    """A command of the system's own that makes tables and ends with status 0: an image or a command, like a part's.

    Its environment has the placeholders of `shaketable.descriptions.placeholders` for its server, past the tap.
    """

    image: str = ""
    command: tuple[Word, ...] = ()
    env: dict[str, str] = {}
    within_ms: Ms = 60_000


class DatabaseText(_Strict, frozen=True, kw_only=True):
    """A logical database on PostgreSQL: what makes its tables, and those that are watched and emptied between runs.

    `ddl` comes before `migrate`; either may be all there is.
    """

    name: Name
    ddl: str = ""
    migrate: MigrateText | None = None
    tables: tuple[TableText, ...]


class TopicText(_Strict, frozen=True, kw_only=True):
    """A topic."""

    name: Word
    partitions: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    expires: bool = False


class FieldText(_Strict, frozen=True, kw_only=True, rename={"kind": "is", "op": "from"}):
    """The values of one field of an op, by one of these.

    Fresh ids of the prefix `id`; with `is` fresh UUIDs or whole numbers; `one_of` several values; what the answer to an
    earlier op says, `from` its name and the place `answer` in it (`body.id`).
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{0,10}$")] = ""
    kind: Literal["", "uuid", "integer"] = ""
    one_of: tuple[Json, ...] = ()
    op: str = ""
    answer: Annotated[str, msgspec.Meta(pattern=r"^(status|body(\.[^\s.]+)+)?$")] = ""

    @property
    def is_fresh(self) -> bool:
        """Whether each op is given a value of its own."""
        return bool(self.id or self.kind)


class LeavesText(_Strict, frozen=True, kw_only=True):
    """The row that an op leaves when it is answered ok: one of `table` whose `column` is the op's `field`.

    `field` may be a place in the answer (`answer.body.id`), for an id that the service draws.
    """

    database: Name
    table: Word
    column: Word
    field: Word


class OpText(_Strict, frozen=True, kw_only=True):
    """One thing a client can do: a request, and the meaning of its answers. Any other status leaves it unknown."""

    name: Name
    to: Name
    method: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3,7}$")]
    path: Annotated[str, msgspec.Meta(pattern=r"^/\S*$")]
    headers: dict[str, str] = {}
    body: Json = None
    fields: dict[str, FieldText] = {}
    ok: tuple[Status, ...]
    fail: tuple[Status, ...] = ()
    timeout_ms: Ms = 4_000
    leaves: LeavesText | None = None


class ObserveText(_Strict, frozen=True, kw_only=True):
    """Every committed row of `table` must be announced on `topic`: by a record whose message key is the row's `key`.

    `where` restricts the rows, `only` the records (fields of their JSON value); `event_id` is the field that identifies
    the event, so that copies of it can be told; `same` maps columns to fields that must repeat them.
    """

    name: Word
    database: Name
    table: Word
    topic: Word
    key: Word
    where: dict[str, Json] = {}
    only: dict[str, Json] = {}
    event_id: str = ""
    same: dict[str, str] = {}


class RouteText(_Strict, frozen=True, kw_only=True):
    """What a partner does for one kind of request: `status` and `answer`, and what its ledger keeps of it.

    The ledger gets an entry of the route's `name` with `keeps` (value paths of the request: `body.x`, `header.x`), once for
    each value of `honours`, a value path too: a request with a key that was seen gets the first answer again and does
    nothing. A request that agrees with `declines` is answered `declined` and keeps nothing. One that agrees with `falters`
    is answered `faltered`, which decides nothing, the first `falters_times` times, counted by `honours` if there is one.
    """

    name: Word
    method: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3,7}$")]
    path: Annotated[str, msgspec.Meta(pattern=r"^/\S*$")]
    status: Status = 200
    answer: Json = None
    keeps: dict[str, str] = {}
    honours: str = ""
    declines: dict[str, Json] = {}
    declined: Status = 402
    falters: dict[str, Json] = {}
    faltered: Status = 503
    falters_times: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class PartnerText(_Strict, frozen=True, kw_only=True):
    """A third party over HTTP, played by the harness: it belongs to no fault and its ledger is an oracle."""

    name: Name
    routes: Annotated[tuple[RouteText, ...], msgspec.Meta(min_length=1)]


class TimesText(_Strict, frozen=True, kw_only=True):
    """Intervals of the system, as it is documented; a world may run all of them faster by one factor.

    `quiet_ms`: it is quiet when no message crossed a boundary for this long; with `pause_ms`, the longest pause with work
    left that shows nowhere, a run may end sooner (`shaketable.subject.System.pause_ms`). `bound_ms`: it must be quiet this
    long after the last fault. `io_timeout_ms`: the limit of its wait for an answer. `session_timeout_ms`: the time after which
    the broker drops a silent member of its consumer groups, 0 when it has none. `waits_ms`: the pauses that a schedule
    may contain; `down_ms`: the outages of a process that it may contain.
    """

    quiet_ms: Ms
    bound_ms: Ms
    io_timeout_ms: Ms = 4_000
    session_timeout_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)] = 0
    pause_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)] = 0
    waits_ms: tuple[Ms, ...] = (20, 500, 3_000)
    down_ms: tuple[Ms, ...] = (100, 2_000)


class Description(_Strict, frozen=True, kw_only=True):
    """The whole file."""

    format: Literal["shaketable/description"]
    version: Literal[1, 2]
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)?$")]
    summary: str = ""
    parts: Annotated[tuple[PartText, ...], msgspec.Meta(min_length=1)]
    links: tuple[LinkText, ...]
    databases: tuple[DatabaseText, ...] = ()
    topics: tuple[TopicText, ...] = ()
    ops: Annotated[tuple[OpText, ...], msgspec.Meta(min_length=1)]
    observe: tuple[ObserveText, ...] = ()
    times: TimesText
    polls: tuple[tuple[str, str], ...] = ()
    id_fields: tuple[str, ...] = ()
    promises: tuple[str, ...] = ()
    starts_anew: bool = False
    """Whether its parts keep in memory what decides their answers (breakers, turns, a list that was fetched): then each run has new processes."""
    partners: tuple[PartnerText, ...] = ()
    """Version 2."""
    roles: tuple[dict[str, Json], ...] = ()
    """Version 2: who plays which role of a pattern; each table names its `role`, and the pattern knows the rest."""
    names: dict[str, Json] = {}
    """Version 2: what several roles name; in roles, and in later names, "$bookings" stands for `names.bookings`."""
    knobs: dict[str, str | int | bool] = {}
    """Version 2: what the patterns' profiles ask for (batch_size, key_lease_ms, ...)."""
    requires: tuple[str, ...] = ()
    """Version 2: promises that must be judged: one that is not claimed is unknown, not left out."""
