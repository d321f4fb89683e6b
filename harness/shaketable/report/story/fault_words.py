"""A fault and a step of a schedule in words."""

from __future__ import annotations

from typing import assert_never

from shaketable.fault import Fault
from shaketable.faults.points import AnyPointFault
from shaketable.orders.call_point import standing_words
from shaketable.orders.deviation import Arrival, Deviation
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
            return f"{fault_words(at_point)} {_reached_words(step)}"
        case _:
            assert_never(step)


def late_words(deviation: Deviation) -> str:
    """Say which arrival is late, and for what it waits; of a component, which call stands where."""
    if stands := standing_words(deviation):
        return printable(stands)
    if deviation.leg == "lock" and deviation.until is not None:
        return f"{printable(deviation.at)} waits for its row until {printable(deviation.until.at)} has had it"
    arrival = printable(str(Arrival(deviation.at, deviation.leg)))
    if deviation.until is None:
        return f"{arrival} is {duration(deviation.late_ms)} late"
    return f"{arrival} waits until {printable(str(deviation.until))} has arrived"


def _do_words(step: Do) -> str:
    value = step.value
    if isinstance(value, dict) and "call" in value:
        call = short(value["call"], 20)
        template = _ENDS.get(str(value.get("with"))) if step.f == "finish" else _CALL_WORDS.get(step.f)
        if template is not None:
            return template.format(call=call)
    argument = "" if value is None else f" {short(value)}"
    return f"{printable(step.f)}{argument}"


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


def fault_words(fault: Fault | AnyPointFault) -> str:
    """Say what goes wrong, where, and for a message fault on which side of its effect: the type's own words, filled in."""
    return fault.words.format_map(_Attributes(fault))


class _Attributes(dict[str, str]):
    """The attributes of a fault as its words name them."""

    def __init__(self, fault: Fault | AnyPointFault) -> None:
        self._fault = fault

    def __missing__(self, name: str) -> str:
        value = getattr(self._fault, name)
        return duration(value) if name.endswith("_ms") else printable(str(value))
