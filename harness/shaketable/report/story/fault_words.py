"""A fault and a step of a schedule in words."""

from __future__ import annotations

from typing import assert_never

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
    Link,
    Partition,
    Pause,
    Refuse,
    ResetPeer,
    Restart,
    Slicer,
    SlowClose,
)
from shaketable.point_fault import (
    AnyPointFault,
    PointCancel,
    PointCrash,
    PointDelay,
    PointFail,
    PointLoss,
)
from shaketable.report.printable import duration, printable, short
from shaketable.schedule import AtPoint, Do, Heal, Inject, Step, Wait
from shaketable.subject import Words

_CALL_WORDS = {
    "start": "start call {call}",
    "cancel": "cancel call {call}",
}
_ENDS = {
    "ok": "let call {call} succeed",
    "fail": "let call {call} fail",
    "excluded": "let call {call} raise an exception that does not count",
}


def step_words(step: Step, words: Words | None = None) -> str:
    """Say what the harness does in this step, in the imperative; `words`, the subject's own, are asked first."""
    match step:
        case Do():
            return (words.of_step(step) if words is not None else "") or _do_words(step)
        case Inject(fault=fault):
            return fault_words(fault)
        case Heal():
            return "end every fault in force"
        case Wait(ms=ms):
            return f"let {duration(ms)} pass"
        case AtPoint(fault=at_point):
            return f"{_at_point_words(at_point)} {_reached_words(step)}"
        case _:
            assert_never(step)


def _do_words(step: Do) -> str:
    value = step.value
    if isinstance(value, dict) and "call" in value:
        call = short(value["call"], 20)
        template = _ENDS.get(str(value.get("with"))) if step.f == "finish" else _CALL_WORDS.get(step.f)
        if template is not None:
            return template.format(call=call)
    argument = "" if value is None else f" {short(value)}"
    return f"{printable(step.f)}{argument}"


def _at_point_words(fault: AnyPointFault) -> str:
    match fault:
        case PointFail(error=error):
            return f"raise {printable(error)}"
        case PointLoss(timeout_ms=timeout_ms):
            return f"lose the message and time out after {duration(timeout_ms)}"
        case PointDelay(for_ms=for_ms):
            return f"wait {duration(for_ms)}"
        case PointCancel():
            return "cancel the call"
        case PointCrash():
            return "cut the power"
        case _:
            assert_never(fault)


def _reached_words(step: AtPoint) -> str:
    point = printable(step.point)
    time = "" if step.n == 1 else f" for the {_ordinal(step.n)} time"
    return (
        f"when {point} is reached{time}"
        if step.call is None
        else f"when call {step.call} reaches {point}{time}"
    )


def _ordinal(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def fault_words(fault: Fault) -> str:
    """Say what goes wrong, where, and for a message fault on which side of its effect."""
    match fault:
        case Drop(at=at, leg=leg):
            return f"lose the {leg} of {at} {_side(leg)}"
        case Cut(at=at, leg=leg):
            return f"reset the connection on the {leg} of {at} {_side(leg)}"
        case Hold(at=at, leg=leg, for_ms=for_ms):
            return f"hold the {leg} of {at} for {duration(for_ms)} {_side(leg)}"
        case Duplicate(at=at, leg=leg):
            return f"deliver the {leg} of {at} twice"
        case CrashSender(at=at, leg=leg, down_ms=down_ms):
            return f"cut the power of {fault.boundary.route.sender} at the {leg} of {at} {_side(leg)}, down {duration(down_ms)}"
        case CrashReceiver(at=at, leg=leg, down_ms=down_ms):
            return f"cut the power of {fault.boundary.route.receiver} at the {leg} of {at} {_side(leg)}, down {duration(down_ms)}"
        case Crash(service=service, down_ms=down_ms):
            return f"cut the power of {printable(service)}, down {duration(down_ms)}"
        case Pause(service=service, for_ms=for_ms):
            return f"freeze {printable(service)} for {duration(for_ms)}"
        case Restart(service=service, down_ms=down_ms):
            return f"restart {printable(service)} in good order, down {duration(down_ms)}"
        case ClockStep(service=service, delta_ms=delta_ms):
            way = "forward" if delta_ms >= 0 else "back"
            return f"step the wall clock of {printable(service)} {way} by {duration(abs(delta_ms))}"
        case CacheLoss(service=service):
            return f"make {printable(service)} forget everything"
        case _:
            return _link_words(fault)


def _link_words(fault: Link) -> str:
    link = f"{printable(fault.sender)} and {printable(fault.receiver)} for {duration(fault.for_ms)}"
    match fault:
        case Partition():
            return f"let nothing pass between {link}"
        case Latency(delay_ms=delay_ms):
            return f"delay each leg by {duration(delay_ms)} between {link}"
        case Bandwidth(rate_kb_s=rate_kb_s):
            return f"carry {rate_kb_s} KB/s between {link}"
        case Slicer(size_bytes=size_bytes, delay_us=delay_us):
            return f"cut data into slices of {size_bytes} bytes, {delay_us} µs apart, between {link}"
        case LimitData(limit_bytes=limit_bytes):
            return f"close each connection after {limit_bytes} bytes between {link}"
        case SlowClose(delay_ms=delay_ms):
            return f"let connections end {duration(delay_ms)} late between {link}"
        case ResetPeer(after_ms=after_ms):
            return f"reset new connections {duration(after_ms)} after their first reply data between {link}"
        case Blackhole():
            return f"swallow every byte and close nothing between {link}"
        case Refuse():
            return f"refuse and end connections between {link}"
        case _:
            assert_never(fault)


def _side(leg: str) -> str:
    return "(before its effect)" if leg == "request" else "(after its effect)"
