"""A jar of coins as a subject: it must never be overdrawn. Small, fast, and broken in several ways on request."""

import os
import time

from hypothesis import strategies as st
from hypothesis.stateful import rule

from shaketable.errors import PartNotStarted
from shaketable.explore.generate.machine import Machine
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Wait
from shaketable.subject import Component, Expectation, Pattern, Subject
from shaketable.verdict import Finding, Judgement, Promise

NEVER_NEGATIVE = Promise("JR-1", "the jar is never overdrawn", "safety", ("overdrawn",), "test")
COUNTS = Promise("JR-2", "every coin is counted", "safety", ("miscounted",), "test")


def hang(*_):
    time.sleep(60)


class JarRun:
    def __init__(self, context, defect):
        self.record, self.defect, self.now_ms, self.coins = context.record, defect, 0, 0
        if defect == "raises":
            raise RuntimeError("the adapter is wrong")
        if defect == "never starts":
            raise PartNotStarted(
                "jar did not start: ended with status 3", ["  no coins\x1b[2J", "see its env"]
            )

    def recover(self):
        pass

    def apply(self, step):
        if self.defect == "slow":
            time.sleep(0.01)
        if self.defect == "hangs":
            time.sleep(60)
        if isinstance(step, Wait):
            self.now_ms += step.ms
            return
        op = self.record(self.now_ms, "invoke", "client", step.f, step.value)
        amount = step.value["coins"] if step.f == "put" else -step.value["coins"]
        if self.coins + amount < 0 and self.defect not in {"overdraws", "exits"}:
            self.record(self.now_ms, "fail", "client", step.f, "refused", op)
            return
        if self.coins + amount < 0 and self.defect == "exits":
            os._exit(7)
        self.coins += amount
        self.record(self.now_ms, "effect", "jar", "level", {"coins": self.coins})
        self.record(self.now_ms, "ok", "client", step.f, None, op)

    def finish(self):
        pass

    def close(self):
        pass


class Levels:
    promises = (NEVER_NEGATIVE, COUNTS)

    def __init__(self, blind=False):
        self.blind = blind

    def check(self, history, profile):
        if self.blind:
            return [Judgement("JR-1", 0), Judgement("JR-2", 0)]
        levels = [e for e in history if e.kind == "effect"]
        low = [
            Finding("JR-1", "overdrawn", f"the jar holds {e.value['coins']}", (e.index,))
            for e in levels
            if e.value["coins"] < 0
        ]
        return [Judgement("JR-1", len(levels), tuple(low[:1])), Judgement("JR-2", len(levels))]


def machine(subject):
    class Jar(Machine):
        @rule(coins=st.integers(1, 5))
        def put(self, coins):
            self.do(Do("put", {"coins": coins}))

        @rule(coins=st.integers(1, 5))
        def take(self, coins):
            self.do(Do("take", {"coins": coins}))

        @rule()
        def wait(self):
            self.do(Wait(10))

    return Jar


def jar(name, defect="", expects=None, blind=False, **extra):
    pattern = Pattern(
        "jar", (NEVER_NEGATIVE, COUNTS), (Levels(blind),), machine,
        lambda s: Schedule(s.name, (Do("put", {"coins": 1}),)), lambda s, run: (),
    )  # fmt: skip
    return Subject(
        name, pattern, Profile("jar", {"coins_max": 5}), Component(lambda context: JarRun(context, defect)),
        expects or Expectation(), f"a jar that {defect or 'keeps its promises'}", **extra,
    )  # fmt: skip


def sound():
    return jar("jar/sound")


def broken():
    return jar("jar/broken", "overdraws")


def known_broken():
    return jar("jar/known", "overdraws", Expectation({"JR-1": ("overdrawn",)}))


def unseen():
    return jar("jar/unseen", blind=True)


def slow():
    return jar("jar/slow", "slow")


def hanging():
    return jar("jar/hanging", "hangs")


def takes_a_while():
    return jar("jar/hanging", "slow")


def raising():
    return jar("jar/raising", "raises")


def never_starting():
    return jar("jar/never-starting", "never starts")


def exiting():
    return jar("jar/exiting", "exits")


def no_subject():
    return 42


def failing():
    raise ZeroDivisionError("no jar\ntoday")


def shipped():
    return [
        sound(), known_broken(),
        jar("jar/mutant-a", "overdraws", mutant_of="jar/sound", kills=("JR-1",)),
        jar("jar/mutant-b", "", mutant_of="jar/sound", kills=("JR-2",)),
    ]  # fmt: skip


def not_a_list():
    return [1]


def wrongly_known():
    """Expected to break what it keeps."""
    return jar("jar/wrongly-known", "", Expectation({"JR-1": ("overdrawn",)}))
