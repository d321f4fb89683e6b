"""A fault and a step of a schedule in words."""

from __future__ import annotations

from typing import assert_never

from shaketable.fault import Fault
from shaketable.report.printable import duration, printable, short
from shaketable.schedule import Do, Heal, Inject, Step, Wait

_CALL_WORDS = {
    "start": "start call {call}",
    "cancel": "cancel call {call}",
}
_ENDS = {
    "ok": "let call {call} succeed",
    "fail": "let call {call} fail",
    "excluded": "let call {call} raise an exception that does not count",
}


def step_words(step: Step) -> str:
    """Say what the harness does in this step, in the imperative."""
    match step:
        case Do():
            return _do_words(step)
        case Inject(fault=fault):
            return fault_words(fault)
        case Heal():
            return "end every fault in force"
        case Wait(ms=ms):
            return f"let {duration(ms)} pass"
        case _:
            assert_never(step)


def _do_words(step: Do) -> str:
    value = step.value
    if isinstance(value, dict) and "call" in value:
        call = short(value["call"], 20)
        template = _ENDS.get(str(value.get("with"))) if step.f == "finish" else _CALL_WORDS.get(step.f)
        if template is not None:
            return template.format(call=call)
    if step.f == "listener" and isinstance(value, dict):
        return f"register a listener that {'raises' if value.get('mode') == 'raising' else 'is quiet'}"
    argument = "" if value is None else f" {short(value)}"
    return f"{printable(step.f)}{argument}"


def fault_words(fault: Fault) -> str:
    """Say what goes wrong, where, and for a message fault on which side of its effect: the type's own words, filled in."""
    return fault.words.format_map(_Attributes(fault))


class _Attributes(dict[str, str]):
    """The attributes of a fault as its words name them."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def __missing__(self, name: str) -> str:
        value = getattr(self._fault, name)
        return duration(value) if name.endswith("_ms") else printable(str(value))
