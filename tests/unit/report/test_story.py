"""Stories, line by line."""

import msgspec
import report_samples as samples

from shaketable.boundary import Boundary
from shaketable.fault import Crash, Drop
from shaketable.history import History
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.report.story.lines import LINES_MAX
from shaketable.report.story.story import story_of
from shaketable.report.story.text import plain_story
from shaketable.schedule import Do, Heal, Inject, Schedule, Wait
from shaketable.verdict import Finding


def saga_story(trace=()):
    return story_of(
        samples.subject(), samples.saga_schedule(), samples.saga_history(), samples.money_kept(), trace
    )


def breaker_story():
    finding = Finding(
        "CB-7", "cancelled_probe_closes", "the only probe was cancelled and the breaker closed", (10, 11)
    )
    return story_of(
        samples.subject("breaker/mine"), samples.breaker_schedule(), samples.breaker_history(), finding
    )


def test_a_saga_story_reads_in_the_order_in_which_things_happened():
    assert plain_story(saga_story(), "shaketable replay x.json", width=140).splitlines() == [
        "VIOLATION  order-saga/as_listed breaks SG-1: money kept",
        "   order o1 is CANCELLED, but 300 of its charge were never refunded",
        "   SG-1 promises: conservation",
        "",
        "   1. 0.000 s fault    reset the connection on the reply of payment>provider POST /charges #1 (after its effect)",
        "   2. 0.000 s client   place order=o1 amount=300",
        "   3. 0.000 s          let 2 s pass",
        "      0.002 s order    commits: insert orders (id=o1 status=PENDING)",
        "      0.003 s client   place is done: status=202",
        "      0.004 s order    publishes OrderCreated [o1] to order-events[0]@0",
        "      0.006 s payment  is given OrderCreated [o1] from order-events[0]@0",
        "▶     0.008 s provider charge order=o1 amount=300 key=k1",
        "      0.008 s payment  the fault of step 1 lands: connection reset after the charge",
        "      0.009 s payment  loses power",
        "      0.900 s payment  is back",
        "      1.010 s payment  marks order-events[0]@1 as read",
        "▶     1.020 s order    commits: update orders (id=o1 status=CANCELLED)",
        "   4. 2.000 s fault    freeze order for 500 ms",
        "      2.500 s          no more faults; the subject may recover",
        "      6.500 s          all is quiet",
        "      6.500 s          the fault of step 4 never landed",
        "",
        "   ▶ what proves it",
        "   replay: shaketable replay x.json",
    ]  # fmt: skip


def test_a_breaker_story_says_on_each_step_what_the_call_did():
    lines = [line.strip() for line in plain_story(breaker_story()).splitlines()]
    assert lines[3:9] == [
        "1.  0.000 s step start call 1 → is let through → breaker is closed",
        "2.  0.000 s step let call 1 fail → ends with UpstreamError → breaker is open",
        "3.  0.000 s      let 10.001 s pass",
        "4. 10.001 s step start call 2 → is let through → breaker is half open",
        "▶  5. 10.001 s step cancel call 2 → breaker is closed",
        "6. 10.001 s step start call 3 → is let through",
    ]


def test_a_message_fault_says_where_among_all_messages_it_hits():
    trace = [Boundary.parse("client>order POST /orders #1"), Boundary.parse(samples.CHARGE)]
    assert "message 2 of 2" in saga_story(trace).lines[0].text


def test_only_the_order_that_the_finding_is_about_is_in_the_story_whatever_its_words_mention():
    history = samples.saga_history()
    other = History(list(history.events[:7]))
    other.add(7, "effect", "provider", "charge", {"order": "o2", "amount": 5})
    for event in history.events[7:]:
        other.add(event.time_ms, event.kind, event.process, event.name, event.value, event.ref)
    finding = Finding("SG-1", "money_kept", "order o1 is CANCELLED, not o2", (8, 13), about=("o1",))
    texts = [line.text for line in story_of(samples.subject(), samples.saga_schedule(), other, finding).lines]
    assert any("charge order=o1" in text for text in texts)
    assert not any("order=o2" in text for text in texts)


def test_a_long_history_keeps_its_steps_and_its_witness():
    history = History()
    schedule = Schedule("s", tuple(Do("place", {"order": f"o{n}"}) for n in range(20)))
    for n in range(20):
        history.add(n, "invoke", "client", "place", {"order": f"o{n}"})
    for n in range(5_000):
        history.add(
            100 + n, "effect", "order", "commit", {"db": "d", "writes": [["insert", "t", {"id": f"r{n}"}]]}
        )
    last = history.add(9_000, "effect", "order", "charge", {"order": "r1"})
    lines = story_of(samples.subject(), schedule, history, Finding("SG-1", "a", "it broke", (last,))).lines
    assert len(lines) <= LINES_MAX + 1
    assert [line.number for line in lines if line.number] == list(range(1, 21))
    assert [line.index for line in lines if line.witness] == [last]
    assert lines[-1].text.startswith("5000 more events")


def test_a_retry_that_never_ends_is_shown_three_times():
    history = History()
    history.add(0, "invoke", "client", "place", {"order": "o1"})
    for n in range(50):
        record = {"topic": "t", "partition": 0, "offset": n, "key": "o1", "value": {"type": "Created"}}
        history.add(n, "effect", "relay", "append", record)
    history.add(99, "phase", "harness", "quiet", {"quiet": False})
    schedule = Schedule("s", (Do("place", {"order": "o1"}),))
    lines = story_of(
        samples.subject(), schedule, history, Finding("SG-5", "stranded_saga", "o1 is stuck", (0,))
    ).lines
    assert [line.text[:17] for line in lines].count("publishes Created") == 3
    assert any(line.text == "it never became quiet" for line in lines)


def test_steps_that_left_no_trace_stand_where_time_says():
    schedule = Schedule("s", (Wait(100), Inject(Crash(service="order")), Wait(50), Do("place"), Heal()))
    history = History()
    history.add(0, "phase", "harness", "safety")
    history.add(40, "effect", "order", "charge", {"early": True})
    history.add(120, "effect", "order", "charge", {"late": True})
    history.add(300, "phase", "harness", "heal")
    lines = story_of(
        samples.subject(), schedule, history, Finding("SG-5", "stranded_saga", "stuck", ())
    ).lines
    shown = [line.number or line.text for line in lines]
    assert shown.index(1) < shown.index("charge early=yes") < shown.index(2)
    assert shown.index(3) < shown.index("charge late=yes")
    assert [n for n in shown if isinstance(n, int)] == [1, 2, 3, 4, 5]


def test_what_a_subject_says_cannot_drive_the_terminal():
    history = History()
    history.add(0, "invoke", "client", "place", {"order": "\x1b[2J\x1b]0;owned\x07\u202eevil\r\n"})
    history.add(1, "effect", "\x1b[31mmailer", "mail\x00", {"to": "\x9b31m"})
    schedule = Schedule(
        "s", (Do("place", {"order": "\x1b[2J"}), Inject(Drop(at="a>b GET /\x1b[0m #1", leg="reply")))
    )
    finding = Finding("SG-5", "an\x1bomaly", "broken \x1b[5m", (0, 1))
    text = plain_story(story_of(samples.subject("sub\x1bject"), schedule, history, finding))
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "\\x1b[5m" in text


def test_a_history_that_does_not_fit_the_schedule_still_makes_a_story():
    finding = Finding("SG-9", "odd", "nothing fits", (999, -4))
    story = story_of(samples.subject(), samples.breaker_schedule(), History(), finding)
    assert sum(1 for line in story.lines if line.number) == 6
    assert not any(line.witness for line in story.lines)


def story_lines(history: History) -> list[str]:
    finding = samples.money_kept()
    told = story_of(samples.subject(), samples.saga_schedule(), history, finding)
    return [line.text for line in told.lines]


def without(history: History, *kinds: str) -> History:
    kept = History()
    kept.events.extend(
        msgspec.structs.replace(event, kind="phase", name="safety", ref=-1) if event.kind in kinds else event
        for event in history.events
    )
    return kept


def test_what_is_marked_as_read_is_told_where_a_process_stops_or_a_record_comes_twice():
    marked = "marks order-events[0]@1 as read"
    assert marked in story_lines(samples.saga_history())
    calm = without(samples.saga_history(), "crash", "restart")
    assert marked not in story_lines(calm)
    delivery = next(event for event in calm if event.name == "deliver")
    calm.add(7_000, "effect", "payment", "deliver", delivery.value)
    assert marked in story_lines(calm)


def test_an_orderly_stop_loses_no_power():
    history = samples.saga_history()
    assert "loses power" in story_lines(history)
    crash = next(n for n, event in enumerate(history.events) if event.kind == "crash")
    history.events[crash] = msgspec.structs.replace(history.events[crash], value={"orderly": True})
    told = story_lines(history)
    assert "is stopped in good order" in told
    assert "loses power" not in told


def test_a_story_begins_with_what_is_late():
    until = Arrival(samples.CHARGE, "reply")
    late = (
        Deviation("order>postgres COMMIT orders #1", "request", until),
        Deviation(samples.CHARGE, "reply", late_ms=20),
    )
    schedule = samples.saga_schedule().with_deviations(late)
    lines = story_of(samples.subject(), schedule, samples.saga_history(), samples.money_kept()).lines
    assert [(line.actor, line.text) for line in lines[:2]] == [
        (
            "order",
            f"the request of order>postgres COMMIT orders #1 waits until the reply of {samples.CHARGE} has arrived",
        ),
        ("order", f"the reply of {samples.CHARGE} is 20 ms late"),
    ]
    assert lines[2].number == 1
