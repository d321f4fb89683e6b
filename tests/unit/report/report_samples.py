"""Hand-made subjects, histories and certificates: small, complete and shaped like real ones."""

from shaketable.certificate import (
    Certificate,
    Counterexample,
    Landed,
    MutantResult,
    PromiseResult,
    Spent,
    SubjectResult,
)
from shaketable.fault import Cut, Pause
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.schedule import Do, Expected, Inject, Schedule, Wait
from shaketable.subject import Component, Expectation, Pattern, Subject
from shaketable.verdict import Finding, Promise, Verdict

PROFILE = Profile("document", {"window": 10, "wait_ms": 10_000})
CONSERVATION = Promise("SG-1", "conservation", "safety", ("money_kept",), "patterns.md SG-1")
TERMINATES = Promise("SG-5", "terminates after heal", "liveness", ("stranded_saga",), "patterns.md SG-5")
CHARGE = "payment>provider POST /charges #1"


def subject(name="order-saga/as_listed", promises=(CONSERVATION, TERMINATES), checkers=()) -> Subject:
    pattern = Pattern(
        name="saga",
        promises=promises,
        checkers=checkers,
        machine=lambda s: object,
        workload=lambda s: Schedule(s.name, (Do("place", {"order": "o1"}),)),
        calibrate=lambda s: (),
        names_record=lambda appended: (appended["value"]["type"], ""),
    )
    return Subject(name, pattern, PROFILE, Component(open=lambda context: None), Expectation(), "a sample")


def saga_schedule() -> Schedule:
    steps = (
        Inject(Cut(at=CHARGE, leg="reply")),
        Do("place", {"order": "o1", "amount": 300}),
        Wait(2_000),
        Inject(Pause(service="order", for_ms=500)),
    )
    return Schedule("order-saga/as_listed", steps, 7, Expected("SG-1", "money_kept"))


def saga_history() -> History:
    h = History()
    h.add(0, "phase", "harness", "safety")
    armed = h.add(0, "fault", "payment", "cut", {"fault": "cut", "at": CHARGE, "leg": "reply"})
    asked = h.add(0, "invoke", "client", "place", {"order": "o1", "amount": 300})
    h.add(
        2,
        "effect",
        "order",
        "commit",
        {"db": "orders", "writes": [["insert", "orders", {"id": "o1", "status": "PENDING"}]]},
    )
    h.add(3, "ok", "client", "place", {"status": 202}, asked)
    h.add(
        4,
        "effect",
        "order",
        "append",
        {
            "topic": "order-events",
            "partition": 0,
            "offset": 0,
            "key": "o1",
            "value": {"type": "OrderCreated", "order": "o1"},
            "headers": {},
        },
    )
    h.add(
        6,
        "effect",
        "payment",
        "deliver",
        {"topic": "order-events", "partition": 0, "offset": 0, "group": "payment"},
    )
    charged = h.add(8, "effect", "provider", "charge", {"order": "o1", "amount": 300, "key": "k1"})
    h.add(8, "receipt", "payment", "cut", {"what": "connection reset after the charge"}, armed)
    h.add(9, "crash", "payment", "crash")
    h.add(900, "restart", "payment", "restart")
    h.add(
        1_010,
        "effect",
        "payment",
        "offsets",
        {"group": "payment", "topic": "order-events", "partition": 0, "offset": 1},
    )
    cancelled = h.add(
        1_020,
        "effect",
        "order",
        "commit",
        {"db": "orders", "writes": [["update", "orders", {"id": "o1", "status": "CANCELLED"}]]},
    )
    h.add(2_000, "fault", "order", "pause", {"fault": "pause", "service": "order", "for_ms": 500})
    h.add(2_500, "phase", "harness", "heal")
    h.add(2_500, "phase", "harness", "liveness")
    h.add(6_500, "phase", "harness", "quiet", {"quiet": True})
    assert (charged, cancelled) == (7, 12)
    return h


def money_kept() -> Finding:
    return Finding(
        "SG-1", "money_kept", "order o1 is CANCELLED, but 300 of its charge were never refunded", (7, 12)
    )


def breaker_schedule() -> Schedule:
    steps = (
        Do("start", {"call": 1}), Do("finish", {"call": 1, "with": "fail"}), Wait(10_001),
        Do("start", {"call": 2}), Do("cancel", {"call": 2}), Do("start", {"call": 3}),
    )  # fmt: skip
    return Schedule("breaker/mine", steps, 0, Expected("CB-7", "cancelled_probe_closes"))


def breaker_history() -> History:
    h = History()
    h.add(0, "phase", "harness", "safety")
    one = h.add(0, "invoke", "call-1", "call", {"call": 1})
    h.add(0, "effect", "upstream", "admitted", {"call": 1})
    h.add(0, "state", "breaker", "state", "closed")
    h.add(0, "effect", "upstream", "returned", {"call": 1, "with": "fail"})
    h.add(0, "fail", "call-1", "call", {"rejected": False, "error": "UpstreamError"}, one)
    h.add(0, "state", "breaker", "state", "open")
    two = h.add(10_001, "invoke", "call-2", "call", {"call": 2})
    h.add(10_001, "effect", "upstream", "admitted", {"call": 2})
    h.add(10_001, "state", "breaker", "state", "half_open")
    h.add(10_001, "info", "call-2", "call", {"cancelled": True}, two)
    h.add(10_001, "state", "breaker", "state", "closed")
    three = h.add(10_001, "invoke", "call-3", "call", {"call": 3})
    h.add(10_001, "effect", "upstream", "admitted", {"call": 3})
    h.add(10_001, "state", "breaker", "state", "closed")
    h.add(10_001, "phase", "harness", "heal")
    h.add(10_001, "ok", "call-3", "call", {"result": "value"}, three)
    h.add(10_001, "phase", "harness", "quiet", {"quiet": True})
    return h


def example(finding=None, schedule=None, file="order-saga-as-listed--sg-1--money-kept") -> Counterexample:
    return Counterexample(finding or money_kept(), schedule or saga_schedule(), file, 12, 19, 41, 20, 20)


def result(
    name="order-saga/as_listed", *, broken=True, summary="choreography as the document lists it", **changes
) -> SubjectResult:
    examples = (example(),) if broken else ()
    verdict = Verdict.VIOLATED if broken else Verdict.CERTIFIED
    fields = {
        "subject": name,
        "pattern": "saga",
        "summary": summary,
        "digest": "ab" * 32,
        "profile": PROFILE,
        "world": "sim",
        "seed": 7,
        "spent": Spent(412, 3_600, 900, 3.25, 41, 388),
        "promises": (
            PromiseResult("SG-1", "conservation", "safety", verdict, 800, 412, counterexamples=examples),
            PromiseResult(
                "SG-5", "terminates after heal", "liveness", Verdict.UNKNOWN, 0, 412, "never exercised"
            ),
        ),
        "boundaries": ("client>order POST /orders #1", CHARGE),
        "landed": (
            Landed("payment>provider POST /charges", "cut", "reply", 17),
            Landed("order", "pause", "", 3),
        ),
        "transitions": {"PENDING -> CANCELLED": 40},
        "calibration": (),
        "unknown_runs": {"no fault landed": 24},
        "mutants": (
            MutantResult("no-refund", ("SG-1",), ("SG-1",), 14, 3),
            MutantResult("sly", ("SG-5",), (), 0),
        ),
    }
    return SubjectResult(**(fields | changes))


def certificate(*results: SubjectResult, interrupted=False) -> Certificate:
    subjects = results or (result(), result("order-saga/hardened", broken=False))
    return Certificate(
        "0.1.0", "3.11.7", "1a2b3c4d5e6f7a8b", "shaketable certify order-saga", interrupted, subjects
    )
