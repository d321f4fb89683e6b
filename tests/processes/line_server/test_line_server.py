"""A kind of server is added by its own files and one registration: no file of the harness knows this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shaketable.descriptions.file import parse
from shaketable.descriptions.system import system_of
from shaketable.errors import FileFormatError, UsageError
from shaketable.fault import Crash, Cut, Drop, Fault, Partition
from shaketable.profile import Profile
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.servers.registry import KINDS, kind_of, register, servers
from shaketable.real.world import RealWorld
from shaketable.runner import Run
from shaketable.schedule import Do, Inject, Schedule, Wait
from shaketable.sim.world import SimWorld
from shaketable.subject import ClientPorts, Completion, Part, Pattern, Server, Subject, System
from tests.processes.line_server.kind import LINES
from tests.processes.started import needs_the_extra

SHOP = Path(__file__).parents[3] / "target_services" / "shaketable_targets" / "ticket_shop"
ENTRY = "tests.processes.line_server.service:serve"
SET = "keeper>drawer SET a #1"


async def perform(ports: ClientPorts, do: Do) -> Completion:
    answer = await ports.http.request("POST", "keeper", "/keep", do.value, timeout_ms=20_000)
    return Completion("ok" if answer.status == 200 else "info", answer.body)


def keeper() -> Subject:
    system = System(
        parts=(Part("keeper", lambda _: pytest.fail("not simulated"), entry=ENTRY),),
        perform=perform,
        other_servers=(Server("drawer", "lines"),),
        session_timeout_ms=0,
    )
    pattern = Pattern("keeps", (), (), lambda _: object, lambda _: Schedule("keeper", ()), lambda _, __: ())
    return Subject("keeper", pattern, Profile("none", {}), system)


@pytest.fixture(scope="module")
def world() -> Iterator[RealWorld]:
    register(LINES)
    opened = RealWorld("processes", lambda system: ProcessLauncher(system.entries))
    try:
        yield opened
    finally:
        opened.close()
        del KINDS["lines"]


SUBJECT = keeper()


def played(world: RealWorld, *faults: Fault) -> tuple[list[tuple[str, object]], list[str], Run]:
    """Set and get one key; return the answers, the names of the receipts, and the run."""
    run = Run(world, SUBJECT, trace=True)
    for fault in faults:
        run.step(Inject(fault))
    for verb in ("SET", "GET"):
        run.step(Do("keep", {"verb": verb, "key": "a", "value": f"v{len(faults)}"}))
        run.step(Wait(10_000))  # longer than the service waits, on a busy machine too
    history = run.finish()
    ended = sorted((e for e in history if e.kind in ("ok", "info")), key=lambda event: event.ref)
    answers = [(e.kind, e.value) for e in ended]
    return answers, [e.name for e in history if e.kind == "receipt"], run


@needs_the_extra
def test_its_boundaries_are_named_by_its_framer(world):
    answers, _, run = played(world)
    assert answers == [("ok", {"kept": "v0"}), ("ok", {"kept": "v0"})]
    at_the_server = [str(b) for b in run.boundaries if b.route.receiver == "drawer"]
    assert at_the_server == [SET, "keeper>drawer GET a #1"]


@needs_the_extra
def test_its_messages_go_wrong_before_and_after_their_effect(world):
    lost = ("info", {"error": "TimeoutError"})
    played(world)
    answers, receipts, _ = played(world, Drop(at=SET, leg="request"))
    assert (answers, receipts) == ([lost, ("ok", {"kept": "v0"})], ["drop"])
    answers, receipts, _ = played(world, Drop(at=SET, leg="reply"))
    assert (answers, receipts) == ([lost, ("ok", {"kept": "v1"})], ["drop"])
    answers, receipts, _ = played(world, Cut(at=SET, leg="reply"))
    assert answers[0][0] == "info"
    assert (answers[1], receipts) == (("ok", {"kept": "v1"}), ["cut"])


@needs_the_extra
def test_it_loses_power_and_is_cut_off_like_any_server(world):
    answers, receipts, _ = played(world, Crash(service="drawer", down_ms=2_000))
    assert (answers[0][0], answers[1], receipts) == ("info", ("ok", {"kept": "-"}), ["crash"])
    answers, receipts, _ = played(world, Partition(sender="keeper", receiver="drawer", for_ms=4_000))
    assert (answers[0][0], receipts) == ("info", ["partition"])


LINKED = """
[[links]]
from = "shop"
to = "lines"
protocol = "lines"

[[databases]]"""


def test_a_description_links_to_it_once_it_is_registered(tmp_path, monkeypatch):
    text = (SHOP / "shaketable.toml").read_text().replace("[[databases]]", LINKED, 1)
    monkeypatch.delitem(KINDS, LINES.protocol, raising=False)
    with pytest.raises(
        FileFormatError, match="no server speaks 'lines'; protocols are http, postgresql, kafka, redis"
    ):
        parse(text.encode(), "shop.toml", servers())
    monkeypatch.setitem(KINDS, LINES.protocol, LINES)
    found = parse(text.encode(), "shop.toml", servers())
    assert Server("lines", "lines") in system_of(found, b"", tmp_path).servers


def test_what_no_kind_speaks_is_named_with_those_that_there_are():
    with pytest.raises(UsageError, match="speaks 'pigeon'; there are postgresql, kafka, redis"):
        kind_of("pigeon")


def test_the_simulated_world_has_no_model_of_it():
    with pytest.raises(UsageError, match="drawer, of which there is no model"):
        SimWorld().open(SUBJECT)
