"""Odd values in a story are those that matter: every other one is a plain one again."""

from __future__ import annotations

from shaketable.explore.shrink.plain_values import plain_values
from shaketable.explore.shrink.shrinker import shrink
from shaketable.fault import Drop
from shaketable.schedule import Do, Inject, Schedule

WORKLOAD = Schedule(
    "shop", tuple(Do("place", {"order": f"o{n}", "item": "apple", "key": f"k{n}"}) for n in (1, 2))
)
PLAIN = plain_values(WORKLOAD)


def place(order: str, item: str = "apple", key: str = "k1") -> Do:
    return Do("place", {"order": order, "item": item, "key": key})


def shrunk(shows, *steps) -> tuple:
    return shrink(Schedule("shop", steps), lambda s: shows(s.steps), plain=PLAIN).schedule.steps


def test_the_plain_texts_of_a_field_are_those_of_the_workload() -> None:
    assert PLAIN == {"order": ("o1", "o2"), "item": ("apple",), "key": ("k1", "k2")}


def test_what_does_not_matter_becomes_plain() -> None:
    assert shrunk(lambda s: len(s) == 1, place("é", "äpfel", "a/b")) == (place("o1"),)


def test_what_matters_stays() -> None:
    steps = shrunk(lambda s: any(step.value["item"] == "äpfel" for step in s), place("é", "äpfel", "a/b"))
    assert steps == (place("o1", "äpfel"),)


def test_two_names_that_differ_become_two_plain_ones_that_differ() -> None:
    def shows(steps):
        return len({step.value["order"] for step in steps}) == 2

    assert shrunk(shows, place("ä"), place("ö")) == (place("o1"), place("o2"))


def test_two_names_that_are_confused_stay_as_they_are() -> None:
    def shows(steps):
        names = [step.value["order"] for step in steps]
        return len(set(names)) == 2 and len({name.lower() for name in names}) == 1

    assert shrunk(shows, place("Ab", key="x-1"), place("aB", key="x-2")) == (
        place("Ab"),
        place("aB", key="k2"),
    )


def test_a_message_is_still_that_of_the_order() -> None:
    lost = Inject(Drop(at="relay>kafka PRODUCE order-events/a_b/c #1", leg="request"))
    steps = shrunk(lambda s: len(s) == 2, lost, place("a b/c"))
    assert steps == (Inject(Drop(at="relay>kafka PRODUCE order-events/o1 #1", leg="request")), place("o1"))
