"""An event of a history in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from shaketable.history import Event, History, Json
from shaketable.report.printable import plain_name, short
from shaketable.report.story.commit_words import Rows
from shaketable.report.story.relevance import Relevance
from shaketable.subject import Words

_ROUTINE = frozenset({"poll", "plan", "rows"})
_CALL = re.compile(r"call-(\d+)")
NamesRecord = Callable[[dict[str, Json]], tuple[str, str]]
"""Type and id of the event that an append carries, "" for what is not known."""


class EventContext:
    """The context in which an event is put in words: the relevant ids, the rows and records of the same history.

    `words` are those of the subject's own kind; they are asked first. `names_record` is its pattern's.
    """

    def __init__(
        self,
        history: History,
        relevance: Relevance,
        words: Words | None = None,
        names_record: NamesRecord | None = None,
    ) -> None:
        self.relevance = relevance
        self.words = words
        self._names_record = names_record
        self.rows = Rows()
        self._records: dict[tuple[str, int, int], Json] = {}
        self._given: Counter[tuple[str, str, int, int]] = Counter()
        self._stopped = frozenset(e.process for e in history.events if e.kind == "crash")
        for event in history.events:
            if event.name == "deliver" and isinstance(event.value, dict):
                self._given[(str(event.value.get("group")), *_offset_of(event.value))] += 1
            if event.kind == "effect" and event.name == "append" and isinstance(event.value, dict):
                self._records[_offset_of(event.value)] = event.value

    def record_words(self, value: dict[str, Json]) -> str:
        """Name a record by the type and the id of its event; by what is in it where no role says them."""
        body, key = value.get("value"), value.get("key")
        of = f" [{short(key, 24)}]" if key not in (None, "") else ""
        kind, event = ("", "") if self._names_record is None else self._names_record(value)
        if kind:
            return f"{short(kind, 40)}{of}{f' ({short(event, 40)})' if event else ''}"
        return f"{short(body, 72) if body is not None else 'an empty record'}{of}"

    def delivered_record(self, event: Event) -> Json:
        """Return the record that a delivery carries, or the last that a group marks as read; None for any other event."""
        if event.kind != "effect" or not isinstance(event.value, dict):
            return None
        topic, partition, offset = _offset_of(event.value)
        match event.name:
            case "deliver":
                return self._records.get((topic, partition, offset))
            case "offsets":
                return self._records.get((topic, partition, offset - 1))
        return None

    def decides(self, event: Event) -> bool:
        """Tell whether it decided what a group is given again: it marks a record of which there is more than one delivery.

        So it does where its process is stopped at some time: what is marked by then does not come back.
        """
        if event.name != "offsets" or not isinstance(event.value, dict):
            return True
        topic, partition, offset = _offset_of(event.value)
        return event.process in self._stopped or (
            self._given[(str(event.value.get("group")), topic, partition, offset - 1)] > 1
        )


def rank_of(event: Event) -> int:
    """Return how little a story loses without this event: 0 is always shown, 4 only if it is a witness."""
    match event.kind:
        case "receipt" | "crash" | "restart":
            return 0
        case "phase":
            return 4 if event.name in {"safety", "liveness", "busy"} else 0
        case "ok" | "fail" | "info":
            return 1
        case "effect" if event.name in _ROUTINE:
            return 4
        case "effect":
            return (
                3 if event.name in {"deliver", "offsets"} else 2 if event.name in {"commit", "append"} else 1
            )
        case "state":
            return 4 if event.name in _ROUTINE else 1
        case _:
            return 4


def event_words(event: Event, context: EventContext) -> str:
    """Return one sentence without its subject, since the process is shown beside it. Call it once an event, in order."""
    if context.words is not None and (told := context.words.of_event(event)):
        return told
    value = event.value
    match event.kind:
        case "invoke":
            return _invocation(event)
        case "ok" | "fail" | "info":
            return _completion(event)
        case "effect":
            return _effect(event, context)
        case "receipt":
            return receipt_words(event, None)
        case "fault":
            return f"fault armed: {plain_name(event.name)}"
        case "heal":
            return f"healed: {plain_name(event.name)}"
        case "crash":
            return "is stopped in good order" if _is_orderly(value) else "loses power"
        case "restart":
            return "is back"
        case "phase":
            return _phase(event)
        case "state":
            name = f"{plain_name(event.name)} " if event.name != "state" else ""
            return f"is {name}{plain_name(value) if isinstance(value, str) else short(value)}"


def _is_orderly(value: Json) -> bool:
    return isinstance(value, dict) and value.get("orderly") is True


def _invocation(event: Event) -> str:
    call = _call(event)
    return f"call {call} starts" if call else f"is asked to {plain_name(event.name)} {short(event.value)}"


def _completion(event: Event) -> str:
    value = event.value
    call = _call(event)
    if call and isinstance(value, dict):
        return _call_completion(event.kind, call, value)
    result = f": {short(value)}" if value is not None else ""
    verb = {"ok": "is done", "fail": "is refused, nothing happened", "info": "has no known outcome"}[
        event.kind
    ]
    return f"{plain_name(event.name)} {verb}{result}"


def _call_completion(kind: str, call: str, value: dict[str, Json]) -> str:
    if value.get("rejected"):
        return f"call {call} is rejected with {short(value.get('error'), 40)}"
    if kind == "fail":
        return f"call {call} ends with {short(value.get('error'), 40)}"
    if value.get("cancelled"):
        return f"call {call} ends cancelled"
    if value.get("crashed"):
        return f"call {call} is lost with the power"
    if value.get("blocked"):
        return f"call {call} never comes back"
    return f"call {call} returns {short(value.get('result'), 40)}"


def _effect(event: Event, context: EventContext) -> str:
    value = event.value
    if not isinstance(value, dict):
        return f"{plain_name(event.name)} {short(value)}"
    match event.name:
        case "commit":
            return context.rows.commit_words(value, context.relevance)
        case "prepare_transaction":
            written = context.rows.commit_words(value, context.relevance).removeprefix("commits: ")
            return f"prepares {short(value.get('name'), 40)}: {written}"
        case "rollback_prepared":
            return f"rolls back what it had prepared as {short(value.get('name'), 40)}"
        case "append":
            return f"publishes {context.record_words(value)} to {_offset_words(value)}"
        case "deliver":
            record = context.delivered_record(event)
            content = "a record" if record is None else context.record_words(record)
            return f"is given {content} from {_offset_words(value)}"
        case "offsets":
            return f"marks {_offset_words(value)} as read"
        case "poll":
            return f"reads {short(value.get('rows'), 20)} rows of {short(value.get('table'), 40)}"
        case "plan":
            by = value.get("index")
            return (
                f"reads {short(value.get('table'), 40)} by {short(by, 60) if by else 'no index, all of it'}"
            )
        case "admitted":
            return f"call {short(value.get('call'), 20)} is let through"
        case "returned":
            return f"call {short(value.get('call'), 20)} leaves the protected function ({short(value.get('with'), 20)})"
        case "blocked":
            return f"call {short(value.get('call'), 20)} waits inside, neither let through nor rejected"
        case _:
            return f"{plain_name(event.name)} {short(value)}"


def _offset_words(value: dict[str, Json]) -> str:
    return f"{short(value.get('topic'), 40)}[{short(value.get('partition'), 8)}]@{short(value.get('offset'), 12)}"


def _offset_of(value: dict[str, Json]) -> tuple[str, int, int]:
    """Return topic, partition and offset; -1 for a number that is missing."""
    partition, offset = value.get("partition"), value.get("offset")
    return (
        str(value.get("topic")),
        partition if isinstance(partition, int) else -1,
        offset if isinstance(offset, int) else -1,
    )


def receipt_words(receipt: Event, fault: Event | None) -> str:
    """Say how a fault landed; leave out its place where `fault` is given, since the line of its step names it."""
    value = receipt.value
    if not isinstance(value, dict):
        return short(value)
    rest = {k: v for k, v in value.items() if k not in ("what", "call")}  # what happened names the call
    what = value.get("what")
    text = what if isinstance(what, str) else short(what)
    if fault is not None and isinstance(fault.value, dict):
        text = text.replace(f" on the {fault.value.get('leg')} of {fault.value.get('at')}", "")
    return f"{plain_name(text)[:160]}{f' ({short(rest)})' if rest else ''}"


def _phase(event: Event) -> str:
    if event.name == "heal":
        return "no more faults; the subject may recover"
    if event.name == "quiet":
        quiet = isinstance(event.value, dict) and event.value.get("quiet")
        return "all is quiet" if quiet else "it never became quiet"
    if event.name == "busy":
        return "the machine is busy: its processes wait for a processor"
    return f"phase {plain_name(event.name)}"


def _call(event: Event) -> str:
    """Return the number of the call of a component that an event is of; "" if it is of none."""
    found = _CALL.fullmatch(event.process)
    return found[1] if found else ""
