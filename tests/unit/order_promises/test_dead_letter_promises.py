"""Every anomaly of dead letters, seen red on a short history and green on the repaired one."""

from order_checkers import DL, DL_1, DL_2, DL_3
from order_history import OrderHistory, anomalies, is_certified, is_unknown


def event():
    return OrderHistory().append("OrderConfirmed", "o1", "e1")


def letter(run, **given):
    return run.letter("OrderConfirmed", "o1", "e1", "notification", **given)


def row(run, status, verb="update"):
    kept = {"event_id": "e1", "aggregate": "o1", "status": status, "cause": "Timeout"}
    return run.commit("notification", "notification", (verb, "dead_letters", kept))


def delivered(run):
    return run.deliver("order-events", 0, "notification")


def redriven(run):
    return row(row(run, "OPEN", "insert").op("redrive", {"service": "notification"}), "REDRIVEN")


def test_an_empty_history_is_no_evidence_for_any_promise():
    assert all(is_unknown(OrderHistory(), checker) for checker in DL)


def test_a_letter_with_cause_and_alert_accounts_for_its_event():
    assert is_certified(letter(event()).alert("o1", "e1", "notification").quiet(), DL_1)


def test_a_letter_without_an_alert_is_found_once_all_is_quiet():
    assert anomalies(letter(event()).quiet(), DL_1) == ["no-alert"]
    assert is_unknown(letter(event()).quiet(False), DL_1)


def test_a_letter_without_a_cause_is_found_at_once():
    assert anomalies(letter(event(), cause=""), DL_1) == ["dead-letter-without-cause"]


def test_an_event_delivered_again_must_end_as_done_or_dead():
    assert anomalies(delivered(delivered(event())).quiet(), DL_1) == ["never-handled"]
    assert is_certified(delivered(delivered(event())).mail("e1").quiet(), DL_1)


def test_an_event_that_came_once_and_came_to_nothing_was_never_handled():
    assert anomalies(delivered(event()).quiet(), DL_1) == ["never-handled"]


def test_a_letter_that_only_the_table_knows_needs_an_alert_too():
    kept = row(delivered(event()), "OPEN", "insert")
    assert anomalies(kept.quiet(), DL_1) == ["no-alert"]
    told = row(delivered(event()), "OPEN", "insert").alert("o1", "e1", "notification")
    assert is_certified(told.quiet(), DL_1)


def test_a_closed_letter_accounts_for_nothing():
    run = redriven(delivered(event())).alert("o1", "e1", "notification")
    assert anomalies(run.quiet(), DL_1) == ["never-handled"]


def test_a_redrive_does_it_once():
    assert is_certified(redriven(event()).mail("e1").quiet(), DL_2)
    assert is_unknown(row(event(), "OPEN", "insert").quiet(), DL_2)


def test_a_closed_letter_that_was_not_handled_is_lost():
    assert anomalies(redriven(event()).quiet(), DL_2) == ["redrive-lost"]


def test_a_letter_that_a_redrive_left_half_way_is_lost():
    def taken():
        return row(row(event(), "OPEN", "insert").op("redrive", {"service": "notification"}), "TAKEN")

    assert anomalies(taken().quiet(), DL_2) == ["redrive-lost"]
    assert anomalies(row(taken(), "OPEN").quiet(), DL_2) == []
    assert anomalies(taken().mail("e1").quiet(), DL_2) == []


def test_a_letter_of_something_that_says_nothing_cannot_be_redriven():
    run = OrderHistory().record("order-events", "o1", {"event_id": "e1", "order": "o1"})
    assert anomalies(redriven(run).quiet(), DL_2) == ["redrive-lost"]


def test_a_redrive_that_mails_again_doubles():
    run = redriven(event().mail("e1")).mail("e1")
    assert anomalies(run.quiet(), DL_2) == ["redrive-doubled"]


def test_an_offset_that_passes_an_unhandled_event_drops_it():
    def passed():
        return delivered(event()).offsets("order-events", 1, "notification")

    assert anomalies(passed().quiet(), DL_3) == ["silent-drop"]
    assert is_certified(passed().mail("e1").quiet(), DL_3)
    assert is_certified(letter(passed()).quiet(), DL_3)


def test_an_event_that_says_nothing_must_not_be_dropped_either():
    run = OrderHistory().record("order-events", "o1", {"order": "o1"}).deliver("order-events", 0, "payment")
    assert anomalies(run.offsets("order-events", 1, "payment").quiet(), DL_3) == ["silent-drop"]


def test_events_that_are_none_of_a_groups_business_are_not_owed():
    run = OrderHistory().append("OrderConfirmed", "o1", "e1").deliver("order-events", 0, "payment")
    assert is_unknown(run.offsets("order-events", 1, "payment").quiet(), DL_3)


def met_in_calm(*, wait_ms=30_000, answer="ok", closes=False, service="notification", takes_ms=0):
    run = row(delivered(event()), "OPEN", "insert").wait(wait_ms)
    run.op("redrive", {"service": service}, answer, takes_ms=takes_ms)
    return (row(run.mail("e1"), "REDRIVEN") if closes else run).quiet()


def test_a_redrive_in_calm_ends_the_letter_that_it_meets():
    assert anomalies(met_in_calm(), DL_2) == ["redrive-left-open"]
    assert is_certified(met_in_calm(closes=True), DL_2)


def test_a_redrive_that_came_too_early_or_elsewhere_or_was_not_answered_says_nothing():
    assert anomalies(met_in_calm(wait_ms=1_000), DL_2) == []
    assert anomalies(met_in_calm(service="payment"), DL_2) == []
    assert anomalies(met_in_calm(answer="info"), DL_2) == []


def test_a_redrive_on_a_busy_machine_says_nothing_if_its_partners_may_have_timed_out():
    assert anomalies(met_in_calm(takes_ms=5_000).busy(), DL_2) == []
    assert anomalies(met_in_calm(takes_ms=5_000), DL_2) == ["redrive-left-open"]
    assert anomalies(met_in_calm(takes_ms=900).busy(), DL_2) == ["redrive-left-open"]
    early = row(delivered(event()), "OPEN", "insert").busy().wait(30_000)
    assert anomalies(early.op("redrive", {"service": "notification"}, takes_ms=5_000).quiet(), DL_2) == [
        "redrive-left-open"
    ]


def test_a_letter_of_something_that_says_nothing_may_stay_open():
    run = OrderHistory().record("order-events", "o1", {"event_id": "e1", "order": "o1"})
    kept = row(delivered(run), "OPEN", "insert").wait(30_000).op("redrive", {"service": "notification"})
    assert anomalies(kept.quiet(), DL_2) == []
