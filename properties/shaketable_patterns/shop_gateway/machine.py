"""The machine of the shop's gateway: ordinary clients and an attacker's, instances that go and come, and what is lost on the way."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import precondition, rule

from shaketable.explore.generate.drawn_faults import Targets, TimedFaults
from shaketable.explore.generate.fault_options import FaultOptions
from shaketable.explore.generate.places import PICK
from shaketable.explore.generate.system_machine import SystemMachine
from shaketable.fault import Cut, Drop, Fault, Hold, Message, Partition
from shaketable.faults.services import Crash
from shaketable.schedule import Do, Heal, Inject, Wait
from shaketable.subject import Subject, System
from shaketable_patterns.shop_gateway.client import GATEWAY, LISTING
from shaketable_patterns.shop_gateway.tokens import KEYS, ORDINARY, attacks, fits_a_header, unusual
from shaketable_patterns.shop_gateway.values import (
    INSTANCES,
    ODD_PATHS,
    PLAIN_PATHS,
    REQUESTS_MAX,
    ROUTES,
    RUSHER,
    SMUGGLED,
    UNKNOWN_PATHS,
    USERS,
    listed,
    send,
)

SHARED = "/orders"
"""The route of several instances."""
METHODS = ("POST", "GET")
_AT_ONCE = 4
"""So many attacks of one kind come one after the other."""
_STRIDE = 37
_GAP_MS = 40
_OPTIONS = FaultOptions(
    message_faults_max=3,
    holds_ms=(20, 200, 1_500, 8_000),
    outages_ms=(100, 1_000, 15_000),
    link_faults_ms=(1_000, 15_000),
    delays_ms=(100, 600),
)


class ShopGatewayMachine(SystemMachine):
    """Requests of all kinds, one after the other or at once, around losses of instances."""

    fault_options = _OPTIONS
    targets: Targets
    detect_ms: int
    return_ms: int
    prompt_ms: int
    rush: int

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self.off = ""

    @precondition(lambda self: self.has_room)
    @rule(pick=PICK)
    def ask(self, pick: int) -> None:
        """Ask a route a few times, by both methods."""
        pick, place = divmod(pick, len(PLAIN_PATHS))
        for turn in range(2 + pick % 3):
            self.ask_for(PLAIN_PATHS[place], METHODS[(pick + turn) % 2])

    @precondition(lambda self: self.has_room)
    @rule(pick=PICK)
    def take_turns(self, pick: int) -> None:
        """Ask a route of several instances so often that each had its turn more than once."""
        for _ in range(8):
            self.ask_for(SHARED, METHODS[pick % 3 == 0])

    @precondition(lambda self: self.has_room)
    @rule(pick=PICK)
    def attack(self, pick: int) -> None:
        """Present tokens that have to be refused, several of one room, and now and then a good one of an unusual form."""
        pick, by = divmod(pick, len(KEYS))
        key = KEYS[by]
        rooms = (*attacks(key), unusual(key))
        pick, place = divmod(pick, len(rooms))
        room = rooms[place]
        for turn in range(_AT_ONCE):
            kind = room[(pick + turn * _STRIDE) % len(room)]
            self.ask_for("/orders", "GET", token=kind if fits_a_header(kind, key) else ORDINARY, key=key)

    @precondition(lambda self: self.has_room)
    @rule(pick=PICK)
    def trick(self, pick: int) -> None:
        """Ask for paths that can be read in several ways, and for some that are of no route."""
        paths = (*ODD_PATHS, *UNKNOWN_PATHS)
        for turn in range(_AT_ONCE):
            self.ask_for(paths[(pick + turn * _STRIDE) % len(paths)], "GET")

    @precondition(lambda self: self.has_room)
    @rule(pick=PICK)
    def smuggle(self, pick: int) -> None:
        """Send headers that might be taken for the gateway's own."""
        words = tuple(SMUGGLED)
        for turn in range(3):
            self.ask_for("/stock", METHODS[turn % 2], headers=words[(pick + turn) % len(words)])

    @precondition(lambda self: self.has_room)
    @rule(pick=PICK)
    def hurry(self, pick: int) -> None:
        """Let one user send more at once than the limit allows, with the same headers or others each time, and then one other a request."""
        words = tuple(SMUGGLED)
        for turn in range(self.rush):
            self.do(self.next_send("/stock", "GET", user=RUSHER, headers=words[turn % 8 if pick % 2 else 0]))
            if pick % 3 == 0:
                self.do(Wait(_GAP_MS))
        self.do(Wait(_GAP_MS))
        self.ask_for("/stock", "GET")

    @precondition(lambda self: self.has_room and self.may_lose())
    @rule(pick=PICK)
    def lose_one(self, pick: int) -> None:
        """Let one of two instances be dead for a while; ask the route meanwhile and afterwards."""
        self.service_and_link_faults += 1
        pick, which = divmod(pick, 2)
        away_ms = self.detect_ms + self.prompt_ms
        self.do(Inject(self.outage(ROUTES[SHARED][which], away_ms, pick)))
        self.do(Wait(self.detect_ms + 200))
        for turn in range(4):
            self.ask_for(SHARED, METHODS[turn % 2])
        if pick % 3 == 0:
            self.come_back(SHARED, away_ms)

    @precondition(lambda self: self.has_room and self.may_lose())
    @rule(pick=PICK)
    def lose_all(self, pick: int) -> None:
        """Let all instances of a route be dead for a while; ask this route and another one, meanwhile and afterwards."""
        self.service_and_link_faults += 1
        pick, place = divmod(pick, len(ROUTES))
        path, other = (tuple(ROUTES)[(place + turn) % len(ROUTES)] for turn in (0, 2))
        away_ms = (self.detect_ms + self.prompt_ms, 60_000)[pick % 2]
        for name in ROUTES[path]:
            self.do(Inject(self.outage(name, away_ms, pick // 2)))
        self.do(Wait((200, self.detect_ms)[pick // 4 % 2]))
        for turn in range(6):
            self.do(self.next_send(path, METHODS[turn % 2]))
            self.do(Wait(_GAP_MS))
        self.ask_for(other, METHODS[pick % 2])
        self.ask_for(path, METHODS[pick % 2])
        if pick // 8 % 2:
            self.do(Wait(self.prompt_ms))
        self.come_back(path, away_ms)

    @precondition(lambda self: self.has_room and self.message_faults < self.fault_options.message_faults_max)
    @rule(pick=PICK)
    def lose_answer(self, pick: int) -> None:
        """Lose or delay the message or the answer of a request that is passed on, whichever instance gets it."""
        self.message_faults += 1
        pick, kind = divmod(pick, 5)
        path = ("/orders", "/stock")[pick % 2]
        do = self.next_send(path, METHODS[pick // 2 % 4 == 0])
        for name in ROUTES[path]:
            at = f"{GATEWAY}>{name} {do.value['method']} {path}/{do.value['request']} #1"
            self.do(Inject(_failing(at, kind)))
        self.do(do)
        self.do(Wait(self.prompt_ms))

    @precondition(lambda self: self.has_room)
    @rule(pick=PICK)
    def change_list(self, pick: int) -> None:
        """Take an instance off the list, or put it on it again, and ask its route once all know it."""
        if self.off:
            instance, self.off = self.off, ""
        else:
            instance = self.off = INSTANCES[pick % len(INSTANCES)]
        self.do(listed(instance, is_listed=not self.off))
        self.do(Wait(self.detect_ms + 500))
        path = next(prefix for prefix, names in ROUTES.items() if instance in names)
        for turn in range(4):
            self.ask_for(path, METHODS[turn % 2])

    # -- what rules are made of --------------------------------------------------------------------------

    @property
    def has_room(self) -> bool:
        """Tell whether the run may have more requests."""
        return self.sent < REQUESTS_MAX

    def may_lose(self) -> bool:
        """Tell whether the run may have one more fault of a service or a link."""
        return self.service_and_link_faults < self.fault_options.service_and_link_faults_max

    def ask_for(self, path: str, method: str, **more: str) -> None:
        """Send a request, and wait as long as it mostly takes."""
        self.do(self.next_send(path, method, **more))
        self.do(Wait(10 * _GAP_MS))

    def next_send(self, path: str, method: str, **more: str) -> Do:
        """Return the next request; the users take turns."""
        self.sent += 1
        return send(self.sent, path, method, **{"user": USERS[self.sent % len(USERS)], **more})

    def outage(self, name: str, for_ms: int, pick: int) -> Fault:
        """Return the loss of an instance's power, or of all that is sent to it."""
        if pick % 2:
            return Partition(sender=GATEWAY, receiver=name, for_ms=for_ms)
        return Crash(service=name, down_ms=for_ms)

    def come_back(self, path: str, away_ms: int) -> None:
        """End what is wrong, by a heal where it would last, and ask the route again."""
        if away_ms > 30_000:
            self.do(Heal())
        else:
            self.do(Wait(away_ms))
        self.do(Wait(self.return_ms + 500))
        for turn in range(3):
            self.ask_for(path, METHODS[turn % 2])

    def drawn_timed_fault(self, pick: int) -> Fault:
        return TimedFaults(self.targets, _OPTIONS, self.world.traits.provides).fault(pick)


def _failing(at: str, kind: int) -> Message:
    """Return one of five faults: the message or the answer late or lost, or the connection cut behind the effect."""
    if kind < 2:
        return Hold(at=at, leg=("request", "reply")[kind], for_ms=7_000)
    if kind < 4:
        return Drop(at=at, leg=("request", "reply")[kind - 2])
    return Cut(at=at, leg="reply")


def machine_of(subject: Subject) -> type[ShopGatewayMachine]:
    """Return the machine for a shop's gateway. TypeError for a component."""
    system = subject.target
    if not isinstance(system, System):
        raise TypeError(f"{subject.name} is no system of services")
    links = [
        ("client", GATEWAY),
        *((GATEWAY, name) for name in INSTANCES),
        (GATEWAY, "redis"),
        (GATEWAY, LISTING),
    ]
    detect_ms, return_ms = subject.profile.int("detect_ms"), subject.profile.int("return_ms")
    fields: dict[str, Any] = {
        "__doc__": ShopGatewayMachine.__doc__,
        "targets": Targets.of(system, links, ("redis",)),
        "detect_ms": detect_ms,
        "return_ms": return_ms,
        "prompt_ms": subject.profile.int("prompt_ms"),
        "rush": subject.profile.int("burst") + 4,
        "waits_ms": (20, 500, detect_ms, return_ms + 500),
    }
    return type(ShopGatewayMachine.__name__, (ShopGatewayMachine,), fields)
