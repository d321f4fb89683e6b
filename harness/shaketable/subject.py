"""The subject: a system of services or one component, with its profile, pattern and expectation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from shaketable.checker import Checker
from shaketable.commits.slot import Slot
from shaketable.history import Event, History, Json
from shaketable.orders.policy import Orders
from shaketable.ports import Broker, Errors, Http, Ports, Request, Response, Row, Service
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step
from shaketable.verdict import Level, NotClaimed, Promise


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its key, a serial column, further unique keys, columns that stay >= 0, first rows, `indexes` that polls can tell."""

    name: str
    key: tuple[str, ...]
    serial: str = ""
    unique: tuple[tuple[str, ...], ...] = ()
    not_negative: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    indexes: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """One logical database on the server `server`."""

    name: str
    tables: tuple[Table, ...]
    server: str = "postgres"
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the broker; where it `expires`, its retention may delete records, those not read yet and those a replay would need."""

    name: str
    partitions: int = 1
    expires: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """A server by name, and the protocol that its clients speak with it, which decides how the real worlds treat it."""

    name: str
    protocol: str


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the system. `make` is called at every start; `database` names the one it connects to.

    Real worlds start `entry`, "package.module:callable", without arguments in a process of its own: it serves HTTP until told to
    stop, configured by its environment (`env` and what docs/real-worlds.md lists). Replicas of one service share a `role`; without one a
    part plays its own name. Boundaries are named by roles, and requests to a role go to each replica in turn. `ready` is the path that
    answers GET with 200 once it is ready; "port": once it listens, "none": as it runs, "group:NAME": once it is in that consumer group.
    A black box has no line of our code inside: `containers` runs `image`, `processes` runs `command` in `folder` (ours if it says
    none), and its environment is `env` alone, placeholders (`shaketable.descriptions.placeholders`) filled in.
    """

    name: str
    make: Callable[[Ports], Service]
    database: str = ""
    entry: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    command: tuple[str, ...] = ()
    folder: str = ""
    role: str = ""
    ready: str = "/healthz"

    def __post_init__(self) -> None:
        if not self.role:
            object.__setattr__(self, "role", self.name)

    @property
    def group(self) -> str:
        """The consumer group whose member it is once it is ready, if that is what `ready` says; else ""."""
        kind, _, name = self.ready.partition(":")
        return name if kind == "group" else ""

    @property
    def is_black_box(self) -> bool:
        return not self.entry and bool(self.image or self.command)


@dataclass(frozen=True, slots=True)
class Migration:
    """A black box that makes the tables of a database and ends with status 0, within so many real milliseconds."""

    database: str
    part: Part
    server: str = "postgres"
    within_ms: int = 60_000


class Ledger(Protocol):
    """The oracle outside the subject: a third party writes here what it did."""

    def record(self, name: str, value: Json) -> None: ...


class ExternalParty(Protocol):
    """A third party over HTTP (payment provider, mail gateway). It belongs to the harness and keeps its state."""

    def handle(self, request: Request) -> Response: ...


@dataclass(frozen=True, slots=True)
class External:
    """A third party by name; `make` is called once a run."""

    name: str
    make: Callable[[Ledger], ExternalParty]


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of an op: it happened, it certainly did not, or it is indeterminate (info)."""

    kind: Literal["ok", "fail", "info"]
    value: Json = None


class ClientPorts(Protocol):
    """The ports that a client of the system may use to perform an op."""

    @property
    def http(self) -> Http: ...
    @property
    def broker(self) -> Broker: ...


@dataclass(frozen=True, slots=True)
class System:
    """Services, what they use, and how a client places an op."""

    parts: tuple[Part, ...]
    perform: Callable[[ClientPorts, Do], Awaitable[Completion]]
    databases: tuple[DatabaseSpec, ...] = ()
    topics: tuple[Topic, ...] = ()
    externals: tuple[External, ...] = ()
    polls: frozenset[tuple[str, str]] = frozenset()
    """(verb, key) of messages that only ask for work: they are never counted as boundaries."""
    errors: Errors = field(default_factory=Errors)
    session_timeout_ms: int = 1_000
    """The broker waits this long for a silent group member before it rebalances; 0: there are no consumer groups."""
    quiet_ms: int = 4_000
    """The system is quiet when nothing but polls crossed a boundary for this long."""
    pause_ms: int = 0
    """Real worlds: its longest pause while it has work left that shows nowhere: all events committed, no poll finds work, no
    request waits for its answer. A run then ends after such a pause, without waiting for `quiet_ms`; 0: not known."""
    starts_anew: bool = False
    """Real worlds: its services keep in memory what decides their answers, so each run has new ones."""
    schema: Mapping[str, str] = field(default_factory=dict)  # real worlds: the DDL by logical database
    migrations: tuple[Migration, ...] = ()
    """Real worlds: run in this order after the DDL and before any part starts, once for each set of servers."""
    id_fields: frozenset[str] = frozenset()
    """Real worlds: fields of an op's value that get a namespace in front, so that runs can share servers."""
    uses_cache: bool = False  # real worlds: whether a Redis is started
    other_servers: tuple[Server, ...] = ()
    """Real worlds: servers beyond those that databases, topics and the cache need, of kinds that are registered."""
    io_timeout_ms: int = 5_000
    """A database or broker client waits this long for an answer before it gives its connection up."""
    bound_ms: int = 120_000
    """Liveness: it must be quiet this long after everything healed; derived from its own intervals."""

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries that real worlds start, each once."""
        return tuple(dict.fromkeys(part.entry for part in self.parts if part.entry))

    @property
    def caches(self) -> tuple[str, ...]:
        """The servers that are a cache of it."""
        return tuple(server.name for server in self.servers if server.protocol == "redis")

    @property
    def servers(self) -> tuple[Server, ...]:
        """The servers that real worlds start, each once."""
        names = dict.fromkeys(spec.server for spec in self.databases)
        return (
            *(Server(name, "postgresql") for name in names),
            *((Server("kafka", "kafka"),) if self.topics else ()),
            *((Server("redis", "redis"),) if self.uses_cache else ()),
            *self.other_servers,
        )

    def server_speaking(self, protocol: str) -> str:
        """Return the name of the first server that speaks `protocol`, or an empty one."""
        return next((server.name for server in self.servers if server.protocol == protocol), "")


class ComponentRun(Protocol):
    """One object under test, driven step by step. `record` of the history is the driver's work, not the object's."""

    def apply(self, step: Step) -> None: ...
    def finish(self) -> None:
        """Let the calls in flight end (the heal), so that liveness can be judged."""
        ...

    def close(self) -> None: ...


class Words(Protocol):
    """The words in which stories tell the steps and events of one kind of component; "" leaves it to the general ones."""

    def of_step(self, step: Do) -> str:
        """Say what the harness does, in the imperative."""
        ...

    def of_event(self, event: Event) -> str:
        """Return one sentence without its subject, which is shown beside it."""
        ...


@dataclass(frozen=True, slots=True)
class Component:
    """A subject that is one object; `open` builds it anew for each run and drives it. `words` tell its steps and events in stories."""

    open: Callable[[ComponentContext], ComponentRun]
    words: Words | None = None
    has_switch_points: bool = False
    """True if its calls run on threads of their own, which can be switched between any two lines of its code."""


class ComponentContext(Protocol):
    """The surroundings of a component's driver: `History.add`, the run's seed, and what decides its orders, if anything does."""

    @property
    def record(self) -> Callable[..., int]: ...
    @property
    def seed(self) -> int: ...
    @property
    def orders(self) -> Orders | None: ...


@dataclass(frozen=True, slots=True)
class Expectation:
    """The known defects of a shipped subject: the promises it breaks, and by which anomalies. A subject of yours breaks none."""

    breaks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    may_break: frozenset[str] = frozenset()  # consequences of the same defect, not required
    reasons: Mapping[str, str] = field(default_factory=dict)  # what else says so, in Markdown


@dataclass(frozen=True, slots=True)
class Pattern:
    """Promises, their checkers, and how schedules for this kind of subject are drawn."""

    name: str
    promises: tuple[Promise, ...]
    checkers: tuple[Checker, ...]
    machine: Callable[[Subject], type]
    """Make the Hypothesis machine class (a shaketable.explore.generate.machine.Machine) for a subject."""
    workload: Callable[[Subject], Schedule]
    """A fault-free schedule that crosses the subject's boundaries."""
    calibrate: Callable[[Subject, Callable[[Schedule], History]], Sequence[str]]
    """Return what contradicts the profile when nothing fails; empty is agreement. The callable runs a schedule."""
    troubled: Callable[[Subject], Schedule] | None = None
    """A schedule with faults that crosses boundaries which no calm run does, of takeovers, dead letters and redrives."""
    declared_by_owner: bool = False
    """True if its owner's file says who plays which role: a calm run that contradicts the file says nothing of promises."""
    consequences: Callable[..., Mapping[tuple[str, str], str]] | None = None
    """Tell, of findings by promise and anomaly, a profile and histories, which findings follow from others or are
    contradicted, each with the reason (`shaketable.explore.judge.contradictions`)."""
    not_claimed: tuple[NotClaimed, ...] = ()
    """Clauses of its promises that nothing of the subject plays."""
    requires: tuple[str, ...] = ()
    """Promises that the subject's owner requires: unknown where they are not claimed."""
    unjudged: str = ""
    """Of a pattern without promises: why there is none, and what would have to be declared."""
    names_record: Callable[[dict[str, Json]], tuple[str, str]] | None = None
    """Return the type and the id of the event that an append carries, "" for what is not known; stories name it so."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A named implementation of a pattern."""

    name: str
    pattern: Pattern
    profile: Profile
    target: System | Component  # what a world runs
    expects: Expectation = field(default_factory=Expectation)
    summary: str = ""
    mutant_of: str = ""
    kills: tuple[str, ...] = ()  # for a mutant: the promises that must kill it
    library: str = ""  # the distribution that is judged, if it is one of others
