"""shaketable puts services on a shake table: the public module of tests; services import `shaketable.ports`, and all else may change.
Every name in `__all__` is imported when it is first used (`docs/public-api.md`). To read the code, start at ARCHITECTURE.md.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shaketable.boundary import Boundary
    from shaketable.checker import Checker
    from shaketable.components.calls.recorded_calls import CallFacts, CallRecord
    from shaketable.components.clock import Clock
    from shaketable.components.component import component
    from shaketable.components.interface.adapter import (
        AnyAdapter,
        AsyncAdapter,
        Carrier,
        Make,
        MakeWithPoints,
        SyncAdapter,
        TimeWay,
    )
    from shaketable.components.interface.fault_points import AsyncPoints, SyncPoints
    from shaketable.components.interface.interface import (
        RECOVERY_FIRST,
        Argument,
        Callback,
        Ending,
        Interface,
        Method,
        Reading,
    )
    from shaketable.components.kind import Kind
    from shaketable.components.scheduling.outside import outside
    from shaketable.errors import (
        Deadlock,
        FileFormatError,
        ForbiddenCall,
        HarnessError,
        InvalidCompletion,
        NonDeterminism,
        PartNotStarted,
        UsageError,
    )
    from shaketable.explore.check import NotCertified, PromiseBroken
    from shaketable.explore.generate.component_machine import ComponentMachine
    from shaketable.explore.generate.machine import Machine
    from shaketable.fault import Fault
    from shaketable.faults.byte_level import (
        Bandwidth,
        Blackhole,
        LimitData,
        Refuse,
        ResetPeer,
        Slicer,
        SlowClose,
    )
    from shaketable.faults.groups import PollTimeout
    from shaketable.faults.links import Latency, Partition, PoolExhausted
    from shaketable.faults.messages import CrashReceiver, CrashSender, Cut, Drop, Duplicate, Hold, ServerError
    from shaketable.faults.points import (
        AnyPointFault,
        PointCancel,
        PointCrash,
        PointDelay,
        PointFail,
        PointLoss,
    )
    from shaketable.faults.records import TooLarge
    from shaketable.faults.services import (
        CacheLoss,
        ClockStep,
        Crash,
        KeyEviction,
        Pause,
        Restart,
        Retention,
        UnreadableRecord,
    )
    from shaketable.faults.transactions import Rollback
    from shaketable.history import Event, History, Op
    from shaketable.orders.deviation import Arrival, Deviation
    from shaketable.ports import ConnectionLost, Errors, Ports, Refused, Request, Response, Service, Timeout
    from shaketable.profile import Profile
    from shaketable.report.schedule_file import load as load_schedule
    from shaketable.schedule import AtPoint, Do, Expected, Heal, Inject, Schedule, Step, Wait
    from shaketable.schedule import loads as parse_schedule
    from shaketable.subject import (
        ClientPorts,
        Completion,
        Component,
        ComponentContext,
        ComponentRun,
        DatabaseSpec,
        Expectation,
        External,
        ExternalParty,
        Ledger,
        Part,
        Pattern,
        Subject,
        System,
        Table,
        Topic,
    )
    from shaketable.testing import certify, replay, subject_named
    from shaketable.verdict import Finding, Judgement, Promise, Verdict

    breaker: Kind[AnyAdapter]
    bulkhead: Kind[AnyAdapter]
    idempotency_store: Kind[object]
    lock: Kind[object]
    rate_limiter: Kind[object]
    retry: Kind[object]
    token_verifier: Kind[object]

__version__ = "0.1.0"

__all__ = [
    "RECOVERY_FIRST",
    "AnyAdapter",
    "AnyPointFault",
    "Argument",
    "Arrival",
    "AsyncAdapter",
    "AsyncPoints",
    "AtPoint",
    "Bandwidth",
    "Blackhole",
    "Boundary",
    "CacheLoss",
    "CallFacts",
    "CallRecord",
    "Callback",
    "Carrier",
    "Checker",
    "ClientPorts",
    "Clock",
    "ClockStep",
    "Completion",
    "Component",
    "ComponentContext",
    "ComponentMachine",
    "ComponentRun",
    "ConnectionLost",
    "Crash",
    "CrashReceiver",
    "CrashSender",
    "Cut",
    "DatabaseSpec",
    "Deadlock",
    "Deviation",
    "Do",
    "Drop",
    "Duplicate",
    "Ending",
    "Errors",
    "Event",
    "Expectation",
    "Expected",
    "External",
    "ExternalParty",
    "Fault",
    "FileFormatError",
    "Finding",
    "ForbiddenCall",
    "HarnessError",
    "Heal",
    "History",
    "Hold",
    "Inject",
    "Interface",
    "InvalidCompletion",
    "Judgement",
    "KeyEviction",
    "Kind",
    "Latency",
    "Ledger",
    "LimitData",
    "Machine",
    "Make",
    "MakeWithPoints",
    "Method",
    "NonDeterminism",
    "NotCertified",
    "Op",
    "Part",
    "PartNotStarted",
    "Partition",
    "Pattern",
    "Pause",
    "PointCancel",
    "PointCrash",
    "PointDelay",
    "PointFail",
    "PointLoss",
    "PollTimeout",
    "PoolExhausted",
    "Ports",
    "Profile",
    "Promise",
    "PromiseBroken",
    "Reading",
    "Refuse",
    "Refused",
    "Request",
    "ResetPeer",
    "Response",
    "Restart",
    "Retention",
    "Rollback",
    "Schedule",
    "ServerError",
    "Service",
    "Slicer",
    "SlowClose",
    "Step",
    "Subject",
    "SyncAdapter",
    "SyncPoints",
    "System",
    "Table",
    "TimeWay",
    "Timeout",
    "TooLarge",
    "Topic",
    "UnreadableRecord",
    "UsageError",
    "Verdict",
    "Wait",
    "__version__",
    "breaker",
    "bulkhead",
    "certify",
    "component",
    "idempotency_store",
    "load_schedule",
    "lock",
    "outside",
    "parse_schedule",
    "rate_limiter",
    "replay",
    "retry",
    "subject_named",
    "token_verifier",
]

_NAMES = {
    "boundary": "Boundary", "checker": "Checker",
    "components.interface.adapter": "AnyAdapter AsyncAdapter Carrier Make MakeWithPoints SyncAdapter TimeWay",
    "components.calls.recorded_calls": "CallFacts CallRecord",
    "components.clock": "Clock", "components.component": "component",
    "components.interface.fault_points": "AsyncPoints SyncPoints",
    "components.interface.interface": "RECOVERY_FIRST Argument Callback Ending Interface Method Reading",
    "components.kind": "Kind", "components.scheduling.outside": "outside",
    "errors": "Deadlock FileFormatError ForbiddenCall HarnessError InvalidCompletion NonDeterminism PartNotStarted UsageError",
    "explore.check": "NotCertified PromiseBroken", "explore.generate.component_machine": "ComponentMachine",
    "explore.generate.machine": "Machine", "history": "Event History Op", "profile": "Profile",
    "fault": "Bandwidth Blackhole CacheLoss ClockStep Crash CrashReceiver CrashSender Cut Drop Duplicate Fault Hold KeyEviction Latency LimitData Partition Pause PollTimeout PoolExhausted Refuse ResetPeer Restart Retention Rollback ServerError Slicer SlowClose TooLarge UnreadableRecord",
    "faults.points": "AnyPointFault PointCancel PointCrash PointDelay PointFail PointLoss",
    "orders.deviation": "Arrival Deviation",
    "ports": "ConnectionLost Errors Ports Refused Request Response Service Timeout",
    "schedule": "AtPoint Do Expected Heal Inject Schedule Step Wait",
    "subject": "ClientPorts Completion Component ComponentContext ComponentRun DatabaseSpec Expectation External ExternalParty Ledger Part Pattern Subject System Table Topic",
    "testing": "certify replay subject_named", "verdict": "Finding Judgement Promise Verdict",
}  # fmt: skip
"""The file of each public name, for the import at its first use; type checkers read the imports above."""
_RENAMED = {"load_schedule": ("report.schedule_file", "load"), "parse_schedule": ("schedule", "loads")}
_KINDS = frozenset(
    {"breaker", "bulkhead", "idempotency_store", "lock", "rate_limiter", "retry", "token_verifier"}
)

if not TYPE_CHECKING:  # a type checker would take any misspelt name for an attribute

    def __getattr__(name: str) -> object:
        """Import a public name (PEP 562), or a kind that some package offers. Raises UsageError for one of ours that is missing."""
        globals()[name] = found = _imported(name)
        return found


def _imported(name: str) -> object:
    from importlib import import_module

    homes = {one: (module, one) for module, names in _NAMES.items() for one in names.split()} | _RENAMED
    if home := homes.get(name):
        return getattr(import_module(f"{__name__}.{home[0]}"), home[1])
    from shaketable.components.kind import kind_named, shipped_kind

    found = None if name.startswith("_") else (shipped_kind if name in _KINDS else kind_named)(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
