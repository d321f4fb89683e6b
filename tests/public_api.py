"""The page of the public module, made from it: `python -m tests.public_api` writes docs/public-api.md."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import shaketable

PAGE = Path(__file__).parent.parent / "docs" / "public-api.md"

CHAPTERS: dict[str, tuple[str, str]] = {
    "Tests": (
        "The functions that a test file calls, and the errors by which such a test fails.",
        "certify replay subject_named load_schedule parse_schedule PromiseBroken NotCertified",
    ),
    "Components": (
        "A subject that is one object of yours: a class, or a library behind an adapter.",
        "breaker bulkhead idempotency_store lock rate_limiter retry token_verifier component outside AnyAdapter SyncAdapter AsyncAdapter Make Clock TimeWay Carrier Component "
        "ComponentContext ComponentRun",
    ),
    "Kinds of components": (
        "A kind of yours: its calls, its fault points, its machine; `docs/adding-a-kind.md` builds one.",
        "Kind Interface Method Argument Reading Ending CallFacts CallRecord Callback ComponentMachine MakeWithPoints "
        "RECOVERY_FIRST",
    ),
    "Systems": (
        "A subject that is several services: its parts, the servers they use, and the ops of its clients.",
        "System Part Table DatabaseSpec Topic External ExternalParty Ledger ClientPorts Completion Ports Service Request "
        "Response Errors Timeout ConnectionLost Refused",
    ),
    "Patterns": (
        "Promises, the checkers that judge them, and the machine that draws schedules.",
        "Subject Pattern Profile Expectation Promise Checker Judgement Finding Verdict History Event Op Machine",
    ),
    "Schedules": (
        "A frozen list of steps that are applied to the subject, in order.",
        "Schedule Step Do Inject AtPoint Heal Wait Expected Boundary Deviation Arrival",
    ),
    "Faults": (
        "The faults that a step may inject; `docs/faults.md` is the contract of each in every world.",
        "Fault Drop Cut Hold Duplicate ServerError Rollback TooLarge PollTimeout CrashSender CrashReceiver Crash Pause Restart ClockStep CacheLoss KeyEviction Retention UnreadableRecord Partition Latency PoolExhausted "
        "Bandwidth Slicer LimitData SlowClose ResetPeer Blackhole Refuse",
    ),
    "Fault points": (
        "Places inside a component at which a step may arm a fault; `docs/components.md` says what each does.",
        "SyncPoints AsyncPoints AnyPointFault PointFail PointLoss PointDelay PointCancel PointCrash",
    ),
    "Errors": (
        "Errors of the harness, of an adapter or of the input; a broken promise is none of these.",
        "HarnessError UsageError FileFormatError NonDeterminism ForbiddenCall Deadlock InvalidCompletion PartNotStarted",
    ),
    "The package": ("", "__version__"),
}
_WORDS = {
    "TimeWay": "The way in which virtual time reaches a component: `injected`, `time-machine`, `substituted` or `none`.",
    "Carrier": "The kind of stack on which each sync call runs: `threads` or `greenlets`.",
    "AnyAdapter": "A `SyncAdapter` or an `AsyncAdapter`.",
    "AnyPointFault": "Any of the faults of points below.",
    "Step": "Any of `Do`, `Inject`, `AtPoint`, `Heal` and `Wait`.",
    "Fault": "Any of the faults below.",
    "__version__": "The version of the package, as text.",
}
"""For what has no docstring of its own."""


def names() -> list[str]:
    """Return every name of the page, in its order."""
    return [name for _, listed in CHAPTERS.values() for name in listed.split()]


def page() -> str:
    """Return the text of the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# The public module"
    yield ""
    yield "Everything here is imported from `shaketable` itself, each at its first use:"
    yield ""
    yield "```python"
    yield "from shaketable import breaker, certify"
    yield "```"
    yield ""
    yield (
        "A service imports `shaketable.ports` (`docs/adr/0009-one-contract-of-ports.md`). All else may change in any release."
    )
    yield "The page is made from the docstrings: `python -m tests.public_api`."
    for chapter, (about, listed) in CHAPTERS.items():
        yield ""
        yield f"## {chapter}"
        if about:
            yield ""
            yield about
        for name in listed.split():
            yield ""
            yield f"### `{name}`"
            yield ""
            yield from _about(name, getattr(shaketable, name))


def _about(name: str, thing: object) -> Iterator[str]:
    if name in _WORDS:
        yield _WORDS[name]
        return
    called = (
        shaketable.Kind.__call__
        if name
        in ("breaker", "bulkhead", "idempotency_store", "lock", "rate_limiter", "retry", "token_verifier")
        else thing
    )
    if inspect.isfunction(called):
        yield from ("```python", f"{name}{_signature(called)}", "```", "")
    said = inspect.getdoc(called)
    assert said, f"{name} has no docstring"
    yield from said.splitlines()
    if isinstance(thing, type):
        yield from _members(thing)


def _members(thing: type) -> Iterator[str]:
    """Yield the fields of a record, then the methods that the class itself defines."""
    fields = getattr(thing, "__struct_fields__", ()) or getattr(thing, "__match_args__", ())
    if fields:
        yield from ("", f"Fields: {', '.join(f'`{field}`' for field in fields)}.")
    methods = [
        (name, member.__func__ if isinstance(member, staticmethod) else member)
        for name, member in vars(thing).items()
        if not name.startswith("_")
    ]
    lines = []
    for name, member in methods:
        if isinstance(member, property):
            lines.append(f"- `{name}: {_type(member.fget.__annotations__['return'])}`{_first_line(member)}")
        elif inspect.isfunction(member):
            lines.append(f"- `{name}{_signature(member, wide=True)}`{_first_line(member)}")
    if lines:
        yield from ("", *lines)


def _first_line(member: object) -> str:
    """Return the first sentence of its own docstring, after a colon; nothing if it has none."""
    said = getattr(member, "__doc__", None)
    return f": {said.strip().splitlines()[0]}" if said else ""


def _signature(function: Callable[..., object], *, wide: bool = False) -> str:
    """Return its parameters with their types and defaults, without `self`; one a line if they are many and not `wide`."""
    parts, bare = [], False
    signature = inspect.signature(function)
    for one in signature.parameters.values():
        if one.name == "self":
            continue
        if one.kind is one.KEYWORD_ONLY and not bare:
            parts.append("*")
            bare = True
        star = "*" if one.kind is one.VAR_POSITIONAL else ""
        shown = re.sub(r" at 0x[0-9a-f]+", "", repr(one.default))
        default = "" if one.default is one.empty else f" = {shown}"
        parts.append(f"{star}{one.name}: {_type(one.annotation)}{default}")
    returned = f" -> {_type(signature.return_annotation)}"
    text = f"({', '.join(parts)}){returned}"
    if wide or len(text) < 90:
        return text
    return "\n".join(["(", *(f"    {part}," for part in parts), f"){returned}"])


def _type(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


if __name__ == "__main__":
    PAGE.write_text(page())
