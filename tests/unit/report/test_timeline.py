"""The lane on which a fault stands."""

from report_samples import money_kept, subject

from shaketable.fault import CrashSender
from shaketable.history import History
from shaketable.report.page.timeline import lay_out
from shaketable.report.story.story import story_of
from shaketable.schedule import Do, Inject, Schedule
from shaketable.verdict import Finding

FAULT = CrashSender(at="relay>kafka PRODUCE events/o1 #1", leg="request")


def lanes(*, struck: str = "") -> set[str]:
    """Return the lanes of a story in which `FAULT` is armed and, if a process is `struck`, lands on it."""
    history = History()
    armed = history.add(0, "fault", "relay", "crash_sender", {"at": FAULT.at, "leg": FAULT.leg})
    history.add(1, "invoke", "client", "place", {"order": "o1"})
    if struck:
        history.add(3, "crash", struck, "crash")
        history.add(3, "receipt", struck, "crash_sender", {"what": "crash_sender"}, armed)
    schedule = Schedule("any", (Inject(FAULT), Do("place", {"order": "o1"})))
    return set(lay_out(story_of(subject(), schedule, history, money_kept()), history).lanes)


def test_a_fault_of_a_role_stands_with_the_replica_that_it_struck():
    assert lanes(struck="relay-2") == {"client", "relay-2"}


def test_a_fault_that_never_landed_stands_with_the_process_it_names():
    assert lanes() == {"client", "relay"}


def test_recovery_calls_have_readable_lanes_in_the_order_in_which_they_start():
    history = History()
    history.add(0, "phase", "harness", "heal")
    for number in (1, 2_000_000_000, 1_000_000_000):
        asked = history.add(1, "invoke", f"call-{number}", "call", {"call": number})
        history.add(1, "fail", f"call-{number}", "call", {"rejected": True, "error": "Open"}, asked)
    finding = Finding("SG-5", "stranded_saga", "call 2000000000 and call 1000000000 are rejected", (2, 4))
    story = story_of(subject(), Schedule("any", ()), history, finding)
    assert lay_out(story, history).lanes == ("call-1", "recovery call 1", "recovery call 2")
    assert story.finding.message == "recovery call 1 and recovery call 2 are rejected"
    told = [line.text for line in story.lines if "rejected" in line.text]
    assert told == [
        f"{who} is rejected with Open" for who in ("call 1", "recovery call 1", "recovery call 2")
    ]
