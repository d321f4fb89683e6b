"""A service in Go, of which only a description is known, on real servers: nothing weaker than a crash loses an event.

Every message fault at every boundary of one sale, one at a time, and then the crash between the commit and the
publication. The hardened variant of the same program survives that crash too, and what shows the mistakes of its siblings:
each was found by a search (`make soak-described`) and is stored here as the shortest schedule that shows it. A mistake is
tried three times: on a busy machine a client may be too early or a fault too late.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shaketable.boundary import Boundary
from shaketable.errors import PartNotStarted, UsageError
from shaketable.explore.judge.calibration import calibrate
from shaketable.fault import CrashSender, Cut, Drop, Duplicate, Hold, Message, can_duplicate, name_of
from shaketable.real.processes.launcher import ProcessLauncher
from shaketable.real.world import RealWorld
from shaketable.runner import Outcome, Run, execute
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable.world_choice import world_for
from shaketable_patterns.described.subject import subject_from
from tests.processes.started import needs_the_extra

SHOP = Path(__file__).parents[3] / "target_services" / "shaketable_targets" / "ticket_shop"
PROGRAM = SHOP / "bin" / "ticket-shop"
FIRST = Do("sell", {"id": "t1", "seat": "12C", "price": 20})
SECOND = Do("sell", {"id": "t2", "seat": "3A", "price": 55})
HOLD_MS = 3_000
IN_MOTION_MS = 1_000
TRIES = 3

pytestmark = needs_the_extra


@pytest.fixture(scope="module")
def shop() -> None:
    """The program, compiled from what is here if there is a Go."""
    if shutil.which("go"):
        subprocess.run(["make", "-C", str(SHOP), "--silent"], check=True, timeout=300)
    if not PROGRAM.is_file():
        why = "the ticket shop is not compiled and there is no Go to compile it: `make ticket-shop`"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)


@pytest.fixture(scope="module")
def worlds(shop: None) -> Iterator[list[RealWorld]]:
    """Several sets of servers, each opened by its first run: a run waits for quiet most of its time."""
    opened = [
        RealWorld("processes", lambda system: ProcessLauncher(system.entries), scale=20) for _ in range(3)
    ]
    yield opened
    for one in opened:
        one.close()


def described(file: str) -> Subject:
    return subject_from(SHOP / file)


def run(world: RealWorld, subject: Subject, fault: Message) -> Outcome:
    steps = (Inject(fault), FIRST, Wait(IN_MOTION_MS), SECOND, Wait(IN_MOTION_MS))
    return execute(world, subject, Schedule(subject.name, steps))


def crossed_by_one_sale(world: RealWorld, subject: Subject) -> list[Boundary]:
    """Return the first message of each route: on a busy machine a service may have to repeat itself."""
    calm = Run(world, subject, trace=True)
    calm.step(FIRST)
    calm.finish()
    return [boundary for boundary in calm.boundaries if boundary.n == 1]


def found(outcome: Outcome) -> list[tuple[str, str]]:
    return [(f.promise, f.anomaly) for j in outcome.judgements for f in j.findings]


def landed(outcome: Outcome) -> bool:
    return any(event.kind == "receipt" for event in outcome.history)


def became_quiet(outcome: Outcome) -> bool:
    return any(e.name == "quiet" and e.value["quiet"] for e in outcome.history if e.kind == "phase")


def run_all(
    worlds: list[RealWorld], subject: Subject, faults: list[Message]
) -> list[tuple[Message, Outcome]]:
    """Run each fault alone, in as many worlds at the same time as there are."""

    def share(n: int) -> list[tuple[Message, Outcome]]:
        return [(fault, run(worlds[n], subject, fault)) for fault in faults[n :: len(worlds)]]

    with ThreadPoolExecutor(len(worlds)) as threads:
        return [done for share_of_one in threads.map(share, range(len(worlds))) for done in share_of_one]


def faults_at(boundary: Boundary) -> list[Message]:
    at = str(boundary)
    both: list[Message] = []
    for leg in ("request", "reply"):
        both += [Drop(at=at, leg=leg), Cut(at=at, leg=leg), Hold(at=at, leg=leg, for_ms=HOLD_MS)]
    if can_duplicate(boundary.route.verb):
        both.append(Duplicate(at=at, leg="request"))
    return both


def test_a_black_box_is_not_simulated():
    subject = described("shaketable.toml")
    with pytest.raises(UsageError, match=r"black box \(shop\): nothing of it can be simulated"):
        world_for(subject, "sim").open(subject)


def test_only_the_crash_between_commit_and_publication_loses_an_event(worlds: list[RealWorld]):
    subject = described("shaketable.toml")
    sale = crossed_by_one_sale(worlds[0], subject)
    assert [str(b) for b in sale] == [
        "client>shop POST /tickets #1",
        "shop>postgres INSERT tickets #1",
        "shop>postgres COMMIT tickets #1",
        "shop>kafka PRODUCE ticket-events/t1 #1",
    ]
    messages = [fault for boundary in sale for fault in faults_at(boundary)]
    crashes: list[Message] = [CrashSender(at=str(sale[2]), leg=leg) for leg in ("request", "reply")]
    outcomes = run_all(worlds, subject, [*messages, *crashes])
    assert len(outcomes) == len(messages) + 2 > 24
    for fault, outcome in outcomes:
        what = f"{name_of(fault)} {fault.leg} {fault.at}"
        lost = isinstance(fault, CrashSender) and fault.leg == "reply"
        assert landed(outcome), what
        assert found(outcome) == ([("BB-1", "lost-event")] if lost else []), what
        if fault not in crashes:
            assert became_quiet(outcome), what
            assert not outcome.unknown, what


def test_with_an_outbox_that_crash_loses_nothing(worlds: list[RealWorld]):
    subject = described("hardened.toml")
    assert calibrate(subject, worlds[0]).mismatches == ()
    places = ("postgres COMMIT outbox,tickets", "kafka PRODUCE ticket-events/t1")
    crashes: list[Message] = [
        CrashSender(at=f"shop>{place} #1", leg=leg) for leg in ("request", "reply") for place in places
    ]
    for crash, outcome in run_all(worlds[:1], subject, crashes):
        assert landed(outcome), crash
        assert became_quiet(outcome), crash
        assert found(outcome) == [], crash


DUAL_WRITE = (
    Inject(CrashSender(at="shop>postgres COMMIT tickets #1", leg="reply")),
    FIRST,
    Wait(IN_MOTION_MS),
)
MARKED_FIRST = (
    Inject(CrashSender(at="shop>kafka PRODUCE ticket-events/t1 #1", leg="request")),
    FIRST,
    Wait(IN_MOTION_MS),
)
COMMITTED_IN_ANOTHER_ORDER = (
    Inject(Hold(at="shop>postgres INSERT outbox #1", leg="reply", for_ms=HOLD_MS)),
    FIRST,
    Wait(500),
    SECOND,
    Wait(HOLD_MS),
)


def played(world: RealWorld, subject: Subject, steps: tuple[Step, ...]) -> Outcome:
    return execute(world, subject, Schedule(subject.name, steps))


@pytest.mark.parametrize(
    ("file", "steps", "shown"),
    [
        ("direct.toml", DUAL_WRITE, {("OB-1", "lost-event")}),
        ("mark-first.toml", MARKED_FIRST, {("OB-2", "lost-event"), ("OB-3", "marked-unsent")}),
        ("cursor.toml", COMMITTED_IN_ANOTHER_ORDER, {("OB-2", "never-sent"), ("OB-6", "skipped-row")}),
    ],
    ids=["dual write", "marked before the broker has it", "a cursor by number"],
)
def test_each_mistake_of_the_shop_breaks_the_promises_of_its_outbox(worlds, file, steps, shown):
    subject = described(file)
    assert any(set(found(played(worlds[0], subject, steps))) == shown for _ in range(TRIES))


def test_the_hardened_shop_survives_the_schedules_of_all_of_them(worlds: list[RealWorld]):
    subject = described("hardened.toml")
    in_one_commit = (Inject(CrashSender(at="shop>postgres COMMIT outbox,tickets #1", leg="reply")), FIRST)
    for steps in (in_one_commit, MARKED_FIRST, COMMITTED_IN_ANOTHER_ORDER):
        outcome = played(worlds[0], subject, steps)
        assert found(outcome) == []
        assert landed(outcome)


def test_a_black_box_that_ends_at_its_start_is_its_owner_s_matter(tmp_path: Path):
    text = (SHOP / "shaketable.toml").read_text()
    ending = 'command = ["/bin/sh", "-c", "echo I lack my configuration; exit 3"]'
    (tmp_path / "shop.toml").write_text(text.replace('command = ["./bin/ticket-shop"]', ending))
    subject = subject_from(tmp_path / "shop.toml")
    world = RealWorld("processes", lambda system: ProcessLauncher(system.entries), scale=20)
    with pytest.raises(PartNotStarted, match="shop did not start: ended with status 3") as raised:
        world.open(subject)
    assert raised.value.__notes__[0].strip() == "I lack my configuration"
