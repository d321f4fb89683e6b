"""The words in which stories tell what is particular to a kind: its methods, endings, callbacks and readings."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shaketable.components.interface.interface import RESERVED, Interface
from shaketable.history import Event, Json
from shaketable.schedule import Do


class InterfaceWords(msgspec.Struct, frozen=True):
    """The words of one interface: a `shaketable.subject.Words`. It leaves to the general ones what every kind has."""

    interface: Interface

    def of_step(self, step: Do) -> str:
        """Say what the harness does: start a call with its arguments, end its function, register a callback."""
        value = step.value if isinstance(step.value, dict) else {}
        if step.f == "start" and "call" in value:
            told = self._arguments(value)
            stop = (
                f", to be stopped before line {value['stop_at']} of the subject's code that it runs"
                if "stop_at" in value
                else ""
            )
            return f"start call {value['call']}{f' ({told})' if told else ''}{stop}{_with_next(value)}"
        if step.f == "cancel" and "with_next" in value:
            return f"cancel call {value.get('call')}{_with_next(value)}"
        if step.f == "go_on":
            return f"let call {value.get('call')} run on"
        if step.f == "finish" and (ending := self.interface.endings_by_name.get(str(value.get("with")))):
            return f"let call {value.get('call')} {ending.words}{_with_next(value)}"
        if step.f in self.interface.callbacks_by_name:
            return f"register a {step.f} that {'raises' if value.get('mode') == 'raising' else 'is quiet'}"
        return ""

    def of_event(self, event: Event) -> str:
        """Tell a callback that raised, a reading, and the result of a method that runs no function."""
        if event.kind == "effect" and event.name == "stopped":
            if "other" in event.value:
                return f"call {event.value['other']} goes on while call {event.value['call']} stands at {event.value['at']}"
            return f"call {event.value['call']} is stopped before {event.value['at']}, and other threads run"
        if event.kind == "effect" and event.name == "overlaps":
            return f"call {event.value['call']} and others go on in one turn"
        if event.kind == "effect" and event.name == "goes_on":
            return f"call {event.value['call']} runs on"
        if event.kind == "effect" and event.process == self.interface.kind:
            name = event.name.removesuffix("_raised")
            return f"its {name} raised" if name in self.interface.callbacks_by_name else ""
        if event.kind == "state":
            for reading in self.interface.readings:
                if reading.method == event.name and reading.words is not None:
                    return reading.words(event.value)
        if (
            event.kind == "ok"
            and (method := self.interface.methods_by_name.get(event.name))
            and not method.runs
        ):
            return f"{event.process.replace('-', ' ')} is answered {_told(event.value)}"
        return ""

    def _arguments(self, value: Mapping[str, Json]) -> str:
        """Return the method, unless there is but one, and the arguments as `key a, cost 2`."""
        methods = self.interface.methods
        named = [str(value.get("method", methods[0].name))] if len(methods) > 1 else []
        given = [f"{name} {_plain(one)}" for name, one in value.items() if name not in RESERVED]
        return ": ".join([*named, ", ".join(given)] if given else named)


def _with_next(value: Mapping[str, Json]) -> str:
    """Say that a step happens in one turn with the next."""
    return ", in one turn with the next step" if value.get("with_next") is True else ""


def _told(value: Json) -> str:
    return _plain(value.get("result")) if isinstance(value, dict) else "nothing"


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
