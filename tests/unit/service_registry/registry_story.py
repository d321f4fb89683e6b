"""Histories of a registry under construction, by hand: two registries, three instances, two desks."""

from __future__ import annotations

from shaketable.history import History, Json
from shaketable_targets.discovery.settings import MEMBERS, REGISTRIES

STEADY_MS = 400_000
"""So long after the start nothing of it has consequences any more."""


class Story:
    """A history under construction. Every instance is placed at the start, at 10.0.0.1 to 10.0.0.3."""

    def __init__(self, *, starts_ms: int = STEADY_MS) -> None:
        self.history = History()
        self.now_ms = 0
        self.addresses = dict.fromkeys(MEMBERS, "")
        self.add("phase", "harness", "safety")
        for number, name in enumerate(MEMBERS, 1):
            self.placed(name, f"10.0.0.{number}")
        self.wait(starts_ms)

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> Story:
        self.now_ms += ms
        return self

    def placed(self, name: str, address: str) -> Story:
        self.addresses[name] = address
        self.add("effect", "platform", "placed", {"instance": name, "address": address})
        return self

    def asked(self, op: str, at: str, kind: str, body: Json) -> Story:
        invoked = self.add("invoke", "client", op, {"at": at})
        self.now_ms += 5
        self.add(kind, "client", op, {"status": 200, "body": body}, invoked)
        return self

    def listed(self, *names: str, at: str = "desk-1", **addresses: str) -> Story:
        """Let a desk or a registry list these instances, where they are or at another address: `rooms_1="10.0.0.9"`."""
        other = {name.replace("_", "-"): address for name, address in addresses.items()}
        places = {**{name: self.addresses[name] for name in names}, **other}
        body = {"instances": [{"id": name, "address": address} for name, address in places.items()]}
        return self.asked("apps" if at in REGISTRIES else "who", at, "ok", body)

    def refused(self, at: str = "desk-1") -> Story:
        return self.asked("who", at, "fail", None)

    def leaves(self, name: str) -> Story:
        return self.asked("leave", name, "ok", {"left": name})

    def joins(self, name: str) -> Story:
        return self.asked("join", name, "ok", {"joined": name})

    def crashes(self, name: str) -> Story:
        self.add("crash", name, "crash")
        return self

    def restarts(self, name: str, address: str = "") -> Story:
        self.add("restart", name, "restart")
        return self.placed(name, address) if address else self

    def cut_off(self, name: str, for_ms: int, others: tuple[str, ...] = REGISTRIES) -> Story:
        for other in others:
            value = {"fault": "partition", "sender": name, "receiver": other, "for_ms": for_ms}
            at = self.add("fault", name, "partition", value)
            self.add("receipt", name, "partition", {"what": "a message was lost"}, at)
        return self

    def steps(self, name: str) -> Story:
        at = self.add("fault", name, "clock_step", {"fault": "clock_step", "service": name, "delta_ms": 1})
        self.add("receipt", name, "clock_step", {"what": "stepped"}, at)
        return self
