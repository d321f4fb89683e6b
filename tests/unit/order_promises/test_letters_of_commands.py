"""DL: letters about what a service asks of another one, and not about a record that it was given."""

from order_history import PROFILE, OrderHistory

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole
from shaketable.mapping.rules_under_mapping import judged
from shaketable_patterns.dead_letters.clauses import DEAD_LETTER_RULES
from shaketable_patterns.dead_letters.roles import Command, DeadLetters
from shaketable_patterns.order_system.dead_letter_mapping import letters
from shaketable_patterns.order_system.effect_mapping import CHARGE, REFUND

REFUNDS = Command(
    consumer="order",
    where={"col.payload:$.type": "refund"},
    done=(REFUND,),
    once=(REFUND,),
    only_after=CHARGE,
)
REDRIVE = OpRole(op="redrive", plays="redrive", of="='order'")


def judgement(run, *commands):
    mapping = Mapping((DeadLetters(letters=letters("order"), commands=commands), REDRIVE))
    found = judged(mapping, DEAD_LETTER_RULES)
    judgements = [one for checker in found.checkers for one in checker.check(run.history, PROFILE)]
    return sorted(finding.anomaly for one in judgements for finding in one.findings)


def letter(run, status, verb="update", command="refund"):
    kept = {"event_id": f"o1/{command}", "aggregate": "o1", "status": status, "cause": "away"}
    return run.commit(
        "order", "order", (verb, "dead_letters", {**kept, "payload": f'{{"type": "{command}"}}'})
    )


def parked(*, charged=True, command="refund"):
    run = OrderHistory().place("o1")
    run = run.charge("o1") if charged else run
    return letter(run, "OPEN", "insert", command).alert("o1", f"o1/{command}", "order").wait(30_000)


def redriven(run):
    return run.op("redrive", {"service": "order"})


def test_a_redrive_that_does_what_was_given_up_ends_it():
    run = letter(redriven(parked()).refund("o1"), "REDRIVEN").quiet()
    assert judgement(run, REFUNDS) == []


def test_a_redrive_in_calm_that_leaves_the_letter_open_is_in_vain():
    assert judgement(redriven(parked()).refund("o1").quiet(), REFUNDS) == ["redrive-left-open"]


def test_a_letter_that_is_closed_without_what_it_asks_for_is_lost():
    assert judgement(letter(redriven(parked()), "REDRIVEN").quiet(), REFUNDS) == ["redrive-lost"]


def test_a_letter_about_what_was_never_done_may_be_closed_at_once():
    assert judgement(letter(redriven(parked(charged=False)), "REDRIVEN").quiet(), REFUNDS) == []


def test_what_a_redrive_does_a_second_time_is_doubled():
    run = letter(redriven(parked().refund("o1")).refund("o1"), "REDRIVEN").quiet()
    assert judgement(run, REFUNDS) == ["redrive-doubled"]


def test_a_letter_about_another_command_or_of_another_service_is_not_judged():
    run = redriven(parked(command="confirm")).quiet()
    assert judgement(run, REFUNDS) == []
    assert judgement(redriven(parked()).quiet(), Command(consumer="payment", done=(REFUND,))) == []


def test_it_still_needs_its_alert_and_its_cause():
    silent = letter(OrderHistory().place("o1").charge("o1"), "OPEN", "insert")
    assert judgement(silent.quiet(), REFUNDS) == ["no-alert"]
