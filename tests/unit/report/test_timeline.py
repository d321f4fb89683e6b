"""The lane on which a fault stands."""

from report_samples import money_kept, subject

from shaketable.fault import CrashSender
from shaketable.history import History
from shaketable.report.page.timeline import lay_out
from shaketable.report.story.story import story_of
from shaketable.schedule import Do, Inject, Schedule

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
