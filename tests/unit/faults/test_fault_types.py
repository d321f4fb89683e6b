"""Every type of fault says itself what it means: to a world, to a generator, to the shrinker, to a reader."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from fault_samples import AT, NUMBER, SAMPLES, sample

from shaketable.conformance import (
    byte_fault_ends,
    byte_faults,
    cache,
    groups,
    links,
    messages,
    power,
    replicas,
    runs,
    transactions,
)
from shaketable.fault import (
    FAULT_TYPES,
    ClockStep,
    CrashReceiver,
    CrashSender,
    Cut,
    Drop,
    Duplicate,
    Fault,
    FaultType,
    Hold,
    Latency,
    LinkFault,
    MessageFault,
    Need,
    Partition,
    PollTimeout,
    ServerError,
    ServiceFault,
    name_of,
)
from shaketable.report.printable import duration
from shaketable.report.story.fault_words import fault_words

ROOT = Path(__file__).parents[3]
every_fault = pytest.mark.parametrize("fault", SAMPLES, ids=name_of)
HOW_LONG_MS = {"for_ms", "down_ms"}


def leaves(kind: type[FaultType]) -> set[type[FaultType]]:
    below = kind.__subclasses__()
    return {kind} if not below else {leaf for one in below for leaf in leaves(one)}


def families(fault: Fault) -> type:
    return next(kind for kind in (MessageFault, ServiceFault, LinkFault) if isinstance(fault, kind))


def test_the_union_has_every_type_that_is_written():
    assert leaves(FaultType) == set(FAULT_TYPES)


@every_fault
def test_its_words_are_its_own_and_say_every_field(fault):
    kind = type(fault)
    assert "words" in vars(kind)
    told = fault_words(fault)
    assert "{" not in told
    for name in re.findall(r"{(\w+)}", kind.words):
        assert hasattr(fault, name)
    parties = "".join(fault.parties) + getattr(fault, "at", "")
    for field in kind.__struct_fields__:
        value = getattr(fault, field)
        written = duration(value) if field.endswith("_ms") else str(value)
        assert written in told or written in parties, f"{field} is not said"


def test_two_types_never_say_the_same():
    told = [fault_words(fault) for fault in SAMPLES]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Drop(at=AT, leg="request"), f"lose the request of {AT} (before its effect)"),
        (Hold(at=AT, leg="reply", for_ms=1_500), f"hold the reply of {AT} for 1.5 s (after its effect)"),
        (
            CrashReceiver(at=AT, leg="reply", down_ms=200),
            f"cut the power of postgres at the reply of {AT} (after its effect), down 200 ms",
        ),
        (
            ServerError(at=AT, leg="request"),
            f"answer 503 at the request of {AT} (before its effect)",
        ),
        (ClockStep(service="order", delta_ms=-90_000), "step the wall clock of order back by 90 s"),
        (
            Latency(sender="a\x1b", receiver="b", for_ms=1_000, delay_ms=20),
            "delay each leg by 20 ms between a\\x1b and b for 1 s",
        ),
    ],
)
def test_words_are_filled_in(fault, told):
    assert fault_words(fault) == told


@every_fault
def test_it_lasts_as_long_as_its_duration_says_unless_that_is_a_message_s(fault):
    fields = HOW_LONG_MS & set(type(fault).__struct_fields__)
    expected = NUMBER if fields and not isinstance(fault, Hold | PollTimeout) else 0
    assert fault.lasts_ms == expected


@every_fault
def test_it_names_its_parties_and_what_it_needs(fault):
    assert fault.parties
    assert all(fault.parties)
    assert isinstance(fault.needs, Need)
    assert fault.names in ("role", "process")


@every_fault
def test_what_is_plainer_is_of_its_family_and_ends(fault):
    seen = [fault]
    for plainer in fault.plainer():
        assert isinstance(plainer, families(fault))
        assert type(plainer) is not type(fault)
        assert plainer.parties == fault.parties
        assert type(fault) not in {type(far) for far in plainer.plainer()}
        seen.append(plainer)
    assert len({type(one) for one in seen}) == len(seen)


def test_a_crash_at_a_message_that_can_arrive_twice_may_be_a_duplicate():
    at = "order>kafka PRODUCE order-events/o1 #1"
    assert [type(f) for f in CrashSender(at=at, leg="request").plainer()] == [Drop, Cut, Hold, Duplicate]
    assert [type(f) for f in CrashSender(at=AT, leg="request").plainer()] == [Drop, Cut, Hold]


def test_a_fault_of_bytes_may_be_one_that_every_world_can_do():
    for fault in SAMPLES:
        if fault.needs is Need.BYTES:
            assert {type(plainer) for plainer in fault.plainer()} < {Partition, Latency}


@every_fault
def test_some_clause_of_the_contract_plays_it(fault):
    modules = (
        runs,
        messages,
        transactions,
        power,
        cache,
        groups,
        links,
        replicas,
        byte_faults,
        byte_fault_ends,
    )
    assert any(type(fault) in vars(module).values() for module in modules)


@every_fault
def test_the_contract_says_what_it_means(fault):
    text = (ROOT / "docs" / "faults.md").read_text()
    rows = [cells.split("`")[0] for cells in re.findall(r"^\| ([^|]*)", text, re.MULTILINE)]
    told = {row.replace(" ", "") for row in rows}
    assert name_of(fault).replace("_", "") in told, f"docs/faults.md has no row of {name_of(fault)}"


@every_fault
def test_it_is_read_back_as_it_was_written(fault):
    assert msgspec.json.decode(msgspec.json.encode(fault), type=Fault) == fault
    assert sample(type(fault)) == fault
