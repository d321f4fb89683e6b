"""What is judged: a system of services or one component, with its profile, pattern and expectation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from shaketable.checker import Checker
from shaketable.history import History, Json
from shaketable.ports import Broker, Errors, Http, Ports, Request, Response, Row, Service
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step
from shaketable.verdict import Finding, Level, NotClaimed, Promise


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its key, an optional serial column, further unique keys, columns that must stay >= 0, first rows."""

    name: str
    key: tuple[str, ...]
    serial: str = ""
    unique: tuple[tuple[str, ...], ...] = ()
    not_negative: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """One logical database on the server `server`."""

    name: str
    tables: tuple[Table, ...]
    server: str = "postgres"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the broker."""

    name: str
    partitions: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the system. `make` is called at every start; `database` names the one it connects to.

    Real worlds start `entry`, "package.module:callable": called without arguments in a process of its own, it
    serves HTTP until it is told to stop, configured by its environment (`env` and what docs/real-worlds.md lists).

    Replicas of one service share a `role`; without one a part plays its own name. Boundaries are named by roles.

    `ready` is the path that answers GET with 200 once it is ready; "port": it is as soon as it listens, "none": as soon
    as it runs.

    A black box has no line of our code inside: the world `containers` runs `image`, the world `processes` runs
    `command` in `folder` (ours if it says none), and its environment is `env` alone, with placeholders
    (`shaketable.descriptions.placeholders`) filled in.
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
    def is_black_box(self) -> bool:
        return not self.entry and bool(self.image or self.command)


class Ledger(Protocol):
    """Where an external party writes what it did: the oracle outside the subject."""

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
    """How an op ended."""

    kind: Literal["ok", "fail", "info"]
    value: Json = None


class ClientPorts(Protocol):
    """What a client of the system may use to perform an op."""

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
    """How long the broker waits for a silent group member before it rebalances; 0: nobody consumes in a group."""
    quiet_ms: int = 4_000
    """The system is quiet when nothing but polls crossed a boundary for this long."""
    pause_ms: int = 0
    """Real worlds: how long it may pause with work left that nobody but itself knows of: all its events are committed, no poll
    finds work, no request waits for its answer. With it a run ends as soon as that is seen, without `quiet_ms`; 0 is not known."""
    schema: Mapping[str, str] = field(default_factory=dict)
    """Real worlds: the DDL of each logical database."""
    id_fields: frozenset[str] = frozenset()
    """Real worlds: fields of an op's value that a namespace goes in front of, so that runs share servers."""
    uses_cache: bool = False
    """Real worlds: whether a Redis is started."""
    io_timeout_ms: int = 5_000
    """How long a database or broker client waits for an answer before it gives its connection up."""
    bound_ms: int = 120_000
    """Liveness: it must be quiet this long after everything healed; derived from its own intervals."""

    @property
    def entries(self) -> tuple[str, ...]:
        """What real worlds start, each once."""
        return tuple(dict.fromkeys(part.entry for part in self.parts if part.entry))


class ComponentRun(Protocol):
    """One object under test, driven step by step. `record` of the history is the driver's work, not the object's."""

    def apply(self, step: Step) -> None: ...
    def finish(self) -> None:
        """Heal: let what is in flight end, so that liveness can be judged."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Component:
    """A subject that is one object; `open` builds it anew for each run and drives it."""

    open: Callable[[ComponentContext], ComponentRun]


class ComponentContext(Protocol):
    """What a component's driver is given: where to record, and the run's seed."""

    @property
    def record(self) -> Callable[..., int]:
        """`History.add`."""
        ...

    @property
    def seed(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known of a shipped subject: the promises it breaks and how. A subject of yours breaks none."""

    breaks: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # promise -> anomalies that must be found
    levels: Mapping[str, Level] = field(default_factory=dict)
    may_break: frozenset[str] = frozenset()  # consequences of the same defect, not required


@dataclass(frozen=True, slots=True)
class Pattern:
    """Promises, their checkers, and how schedules for this kind of subject are drawn."""

    name: str
    promises: tuple[Promise, ...]
    checkers: tuple[Checker, ...]
    machine: Callable[[Subject], type]
    """Makes the Hypothesis machine class (a shaketable.explore.generate.machine.Machine) for a subject."""
    workload: Callable[[Subject], Schedule]
    """A fault-free schedule that crosses the subject's boundaries."""
    calibrate: Callable[[Subject, Callable[[Schedule], History]], Sequence[str]]
    """Mismatches between the declared profile and the subject's sequential behaviour; empty is agreement.

    The callable runs a schedule in the world of the certification and returns its history.
    """
    transitions: Callable[[History], Sequence[tuple[str, str]]] | None = None
    """The (state, next state) steps of one run, for the certificate; without it `state` events are read."""
    contradicts: Callable[[Finding, Profile, History], bool] | None = None
    """Whether another run shows that what a finding blames cannot be so (`shaketable.explore.judge.contradicted`)."""
    not_claimed: tuple[NotClaimed, ...] = ()
    """Clauses of its promises that nothing of the subject plays."""
    requires: tuple[str, ...] = ()
    """Promises that the subject's owner requires: unknown where they are not claimed."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A named implementation of a pattern."""

    name: str
    pattern: Pattern
    profile: Profile
    target: System | Component
    expects: Expectation = field(default_factory=Expectation)
    summary: str = ""
    mutant_of: str = ""
    kills: tuple[str, ...] = ()  # for a mutant: the promises that must kill it
