"""An event of a history in words: what the client, the wire and the oracles saw."""

from __future__ import annotations

from shaketable.history import Event, History, Json
from shaketable.report.printable import plain_name, printable, short
from shaketable.report.story.commit_words import Rows
from shaketable.report.story.relevance import Focus

_SILENT = frozenset({"offsets", "poll", "rows"})
Records = dict[tuple[str, int, int], Json]


class Known:
    """What earlier events of a history said, so that later ones can be told in fewer words."""

    def __init__(self, history: History, focus: Focus) -> None:
        self.focus = focus
        self.rows = Rows()
        self._records: Records = {}
        for event in history.events:
            if event.kind == "effect" and event.name == "append" and isinstance(event.value, dict):
                self._records[_place(event.value)] = event.value

    def record(self, event: Event) -> Json:
        """What a delivery carries, if it is one and the record is known."""
        if event.name != "deliver" or not isinstance(event.value, dict):
            return None
        return self._records.get(_place(event.value))


def rank_of(event: Event) -> int:
    """How much a story misses without it: 0 never leave it out, 4 only if it is a witness."""
    match event.kind:
        case "receipt" | "crash" | "restart":
            return 0
        case "phase":
            return 4 if event.name in {"safety", "liveness"} else 0
        case "ok" | "fail" | "info":
            return 1
        case "effect" if event.name in _SILENT:
            return 4
        case "effect":
            return 3 if event.name == "deliver" else 2 if event.name in {"commit", "append"} else 1
        case "state":
            return 4 if event.name in _SILENT else 1
        case _:
            return 4


def event_words(event: Event, known: Known) -> str:
    """One sentence without its subject (the process is shown beside it)."""
    value = event.value
    match event.kind:
        case "invoke":
            return _invoked(event)
        case "ok" | "fail" | "info":
            return _completed(event)
        case "effect":
            return _effect(event, known)
        case "receipt":
            return receipt_words(event, None)
        case "fault":
            return f"fault armed: {plain_name(event.name)}"
        case "heal":
            return f"healed: {plain_name(event.name)}"
        case "crash":
            return "loses power"
        case "restart":
            return "is back"
        case "phase":
            return _phase(event)
        case "state":
            said = f"{plain_name(event.name)} " if event.name != "state" else ""
            return f"is {said}{plain_name(value) if isinstance(value, str) else short(value)}"


def _invoked(event: Event) -> str:
    call = _call(event.value)
    return f"call {call} starts" if call else f"is asked to {plain_name(event.name)} {short(event.value)}"


def _completed(event: Event) -> str:
    value = event.value
    call = _call(event)
    if call and isinstance(value, dict):
        return _call_completed(event.kind, call, value)
    said = f": {short(value)}" if value is not None else ""
    verb = {"ok": "is done", "fail": "is refused, nothing happened", "info": "has no known outcome"}[
        event.kind
    ]
    return f"{plain_name(event.name)} {verb}{said}"


def _call_completed(kind: str, call: str, value: dict[str, Json]) -> str:
    if value.get("rejected"):
        return f"call {call} is rejected with {short(value.get('error'), 40)}"
    if kind == "fail":
        return f"call {call} ends with {short(value.get('error'), 40)}"
    if value.get("cancelled"):
        return f"call {call} ends cancelled"
    if value.get("blocked"):
        return f"call {call} never comes back"
    return f"call {call} returns {short(value.get('result'), 40)}"


def _effect(event: Event, known: Known) -> str:
    value = event.value
    if not isinstance(value, dict):
        return f"{plain_name(event.name)} {short(value)}"
    match event.name:
        case "commit":
            return known.rows.said(value, known.focus)
        case "append":
            return f"publishes {_record(value)} to {_spot(value)}"
        case "deliver":
            record = known.record(event)
            what = "a record" if record is None else _record(record)
            return f"is given {what} from {_spot(value)}"
        case "offsets":
            return f"marks {_spot(value)} as read"
        case "poll":
            return f"reads {short(value.get('rows'), 20)} rows of {short(value.get('table'), 40)}"
        case "admitted":
            return f"call {short(value.get('call'), 20)} is let through"
        case "returned":
            return f"call {short(value.get('call'), 20)} leaves the protected function ({short(value.get('with'), 20)})"
        case "blocked":
            return f"call {short(value.get('call'), 20)} waits inside, neither let through nor rejected"
        case "listener_raised":
            return "its listener raised"
        case _:
            return f"{plain_name(event.name)} {short(value)}"


def _record(value: dict[str, Json]) -> str:
    body, key = value.get("value"), value.get("key")
    of = f" [{short(key, 24)}]" if key not in (None, "") else ""
    if isinstance(body, dict) and isinstance(body.get("type"), str):
        event_id = f" ({short(body['event_id'], 40)})" if "event_id" in body else ""
        return f"{short(body['type'], 40)}{of}{event_id}"
    return f"{short(body, 72) if body is not None else 'an empty record'}{of}"


def _spot(value: dict[str, Json]) -> str:
    return f"{short(value.get('topic'), 40)}[{short(value.get('partition'), 8)}]@{short(value.get('offset'), 12)}"


def _place(value: dict[str, Json]) -> tuple[str, int, int]:
    partition, offset = value.get("partition"), value.get("offset")
    return str(value.get("topic")), _whole(partition), _whole(offset)


def _whole(value: Json) -> int:
    return value if isinstance(value, int) else -1


def receipt_words(receipt: Event, fault: Event | None) -> str:
    """What came of a fault; its place is left out, the step it belongs to has said it."""
    value = receipt.value
    if not isinstance(value, dict):
        return short(value)
    rest = {k: v for k, v in value.items() if k != "what"}
    what = value.get("what")
    said = what if isinstance(what, str) else short(what)
    if fault is not None and isinstance(fault.value, dict):
        said = said.replace(f" on the {fault.value.get('leg')} of {fault.value.get('at')}", "")
    return f"{plain_name(said)[:160]}{f' ({short(rest)})' if rest else ''}"


def _phase(event: Event) -> str:
    if event.name == "heal":
        return "no more faults; the subject may recover"
    if event.name == "quiet":
        quiet = isinstance(event.value, dict) and event.value.get("quiet")
        return "all is quiet" if quiet else "it never became quiet"
    return f"phase {plain_name(event.name)}"


def _call(source: Event | Json) -> str:
    """The call an event of a component speaks of, as text, or ""."""
    if isinstance(source, Event):
        name = source.process
        return printable(name[5:]) if source.name == "call" and name.startswith("call-") else ""
    return short(source["call"], 20) if isinstance(source, dict) and "call" in source else ""
