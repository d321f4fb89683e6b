"""shaketable puts services on a shake table: the public module of tests; services import `shaketable.ports`, and all else may change.

    from shaketable import breaker, certify

    def test_my_breaker():
        certify(breaker("mine", MyBreaker, profile=PROFILE, sync=True))

Every name in `__all__` is imported when it is first used, so that `import shaketable` costs nothing. `docs/public-api.md` lists
them. To read the code, start at ARCHITECTURE.md, then `shaketable.schedule`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shaketable.boundary import Boundary
    from shaketable.checker import Checker
    from shaketable.components.adapter import AsyncAdapter, Carrier, Make, SyncAdapter, TimeWay
    from shaketable.components.clock import Clock
    from shaketable.components.component import component
    from shaketable.components.kind import ComponentKind
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
    from shaketable.explore.generate.machine import Machine
    from shaketable.fault import (
        Bandwidth,
        Blackhole,
        CacheLoss,
        ClockStep,
        Crash,
        CrashReceiver,
        CrashSender,
        Cut,
        Drop,
        Duplicate,
        Fault,
        Hold,
        Latency,
        LimitData,
        Partition,
        Pause,
        Refuse,
        ResetPeer,
        Restart,
        Slicer,
        SlowClose,
    )
    from shaketable.history import Event, History, Op
    from shaketable.ports import ConnectionLost, Errors, Ports, Refused, Request, Response, Service, Timeout
    from shaketable.profile import Profile
    from shaketable.schedule import Do, Expected, Heal, Inject, Schedule, Step, Wait
    from shaketable.schedule import load as load_schedule
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

    breaker: ComponentKind

__version__ = "0.1.0"

__all__ = [
    "AsyncAdapter",
    "Bandwidth",
    "Blackhole",
    "Boundary",
    "CacheLoss",
    "Carrier",
    "Checker",
    "ClientPorts",
    "Clock",
    "ClockStep",
    "Completion",
    "Component",
    "ComponentContext",
    "ComponentKind",
    "ComponentRun",
    "ConnectionLost",
    "Crash",
    "CrashReceiver",
    "CrashSender",
    "Cut",
    "DatabaseSpec",
    "Deadlock",
    "Do",
    "Drop",
    "Duplicate",
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
    "InvalidCompletion",
    "Judgement",
    "Latency",
    "Ledger",
    "LimitData",
    "Machine",
    "Make",
    "NonDeterminism",
    "NotCertified",
    "Op",
    "Part",
    "PartNotStarted",
    "Partition",
    "Pattern",
    "Pause",
    "Ports",
    "Profile",
    "Promise",
    "PromiseBroken",
    "Refuse",
    "Refused",
    "Request",
    "ResetPeer",
    "Response",
    "Restart",
    "Schedule",
    "Service",
    "Slicer",
    "SlowClose",
    "Step",
    "Subject",
    "SyncAdapter",
    "System",
    "Table",
    "TimeWay",
    "Timeout",
    "Topic",
    "UsageError",
    "Verdict",
    "Wait",
    "__version__",
    "breaker",
    "certify",
    "component",
    "load_schedule",
    "parse_schedule",
    "replay",
    "subject_named",
]

_NAMES = {
    "boundary": "Boundary",
    "checker": "Checker",
    "components.adapter": "AsyncAdapter Carrier Make SyncAdapter TimeWay",
    "components.clock": "Clock",
    "components.component": "component",
    "components.kind": "ComponentKind",
    "errors": "Deadlock FileFormatError ForbiddenCall HarnessError InvalidCompletion NonDeterminism PartNotStarted UsageError",
    "explore.check": "NotCertified PromiseBroken",
    "explore.generate.machine": "Machine",
    "fault": "Bandwidth Blackhole CacheLoss ClockStep Crash CrashReceiver CrashSender Cut Drop Duplicate Fault Hold Latency "
    "LimitData Partition Pause Refuse ResetPeer Restart Slicer SlowClose",
    "history": "Event History Op",
    "ports": "ConnectionLost Errors Ports Refused Request Response Service Timeout",
    "profile": "Profile",
    "schedule": "Do Expected Heal Inject Schedule Step Wait",
    "subject": "ClientPorts Completion Component ComponentContext ComponentRun DatabaseSpec Expectation External ExternalParty "
    "Ledger Part Pattern Subject System Table Topic",
    "testing": "certify replay subject_named",
    "verdict": "Finding Judgement Promise Verdict",
}
"""The file of each public name, for the import at its first use; type checkers read the imports above."""
_RENAMED = {"load_schedule": ("schedule", "load"), "parse_schedule": ("schedule", "loads")}
_KINDS = frozenset({"breaker"})

if not TYPE_CHECKING:  # a type checker would take any misspelt name for an attribute

    def __getattr__(name: str) -> object:
        """Import a public name (PEP 562). Raises UsageError for a kind of component that is not installed."""
        if name in _KINDS:
            from shaketable.components.kind import kind_named

            found = kind_named(name)
        else:
            found = _imported(name)
        globals()[name] = found
        return found


def _imported(name: str) -> object:
    from importlib import import_module

    homes = {one: (module, one) for module, names in _NAMES.items() for one in names.split()} | _RENAMED
    if name not in homes:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, original = homes[name]
    return getattr(import_module(f"{__name__}.{module}"), original)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
