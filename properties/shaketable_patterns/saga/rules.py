"""Every clause of the saga, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.judging import Rules
from shaketable_patterns.saga import (
    balances,
    duplicates,
    ends,
    forward,
    giving_up,
    progress,
    promises,
    quantities,
    separation,
    statuses,
    undoing,
)
from shaketable_patterns.saga.facts import Sagas, SagasReader

_RULES: tuple[Rule[Sagas], ...] = (
    Rule(promises.CONSERVATION, "an end stands on its steps", ends.end_stands_on_its_steps, ("saga.ends",)),
    Rule(promises.CONSERVATION, "what an end does not have is undone", ends.rest_is_undone, ("saga.ends",)),
    Rule(
        promises.CONSERVATION,
        "what is set aside is held",
        quantities.set_aside_for_instances,
        ("saga.conserved.held&conserved.by",),
    ),
    Rule(promises.NEVER_OVERACT, "a step is done once", balances.step_is_done_once, ("saga.steps",)),
    Rule(
        promises.NEVER_OVERACT,
        "no more is undone than was done",
        balances.no_more_is_undone_than_done,
        ("saga.steps.undo",),
    ),
    Rule(
        promises.NEVER_OVERACT,
        "a step is done as a whole",
        balances.step_is_done_whole,
        ("saga.steps.amount",),
    ),
    Rule(
        promises.NEVER_OVERACT, "quantities add up", quantities.quantities_add_up, ("saga.conserved.parts",)
    ),
    Rule(
        promises.NEVER_OVERACT,
        "at every moment what is set aside is held",
        quantities.set_aside_is_held,
        ("saga.conserved.held&conserved.by",),
    ),
    Rule(
        promises.REVERSE_ORDER,
        "steps are undone in reverse",
        undoing.undone_in_reverse,
        ("saga.steps.undo&steps.after",),
    ),
    Rule(
        promises.REVERSE_ORDER,
        "undoing is a change of state",
        undoing.undone_by_a_change_of_state,
        ("saga",),
    ),
    Rule(
        promises.REVERSE_ORDER,
        "what failed is not undone",
        undoing.what_failed_is_not_undone,
        ("saga.steps.undo&steps.failed", "knobs.compensate_failed_step"),
    ),
    Rule(promises.TERMINAL_IS_FINAL, "an end is final", statuses.end_is_final, ("saga.ends",)),
    Rule(
        promises.TERMINAL_IS_FINAL,
        "an end waits for its steps",
        statuses.end_waits_for_its_steps,
        ("saga.ends",),
    ),
    Rule(
        promises.TERMINAL_IS_FINAL,
        "an end waits for undos",
        statuses.end_waits_for_undos,
        ("saga.ends&steps.undo",),
    ),
    Rule(
        promises.TERMINAL_IS_FINAL,
        "nothing goes forward again",
        forward.nothing_goes_forward_again,
        ("saga.backward|saga.steps.undo",),
    ),
    Rule(
        promises.TERMINAL_IS_FINAL,
        "a saga that stops does not go on",
        giving_up.never_goes_on,
        ("saga.ends&steps.given_up", "knobs.after_failing_compensation"),
    ),
    Rule(promises.TERMINATES, "every instance ends", progress.every_instance_ends, ("saga.ends",)),
    Rule(
        promises.TERMINATES,
        "an undo that was begun ends",
        progress.begun_undo_ends,
        ("saga.ends&steps.pending",),
    ),
    Rule(
        promises.TERMINATES,
        "a redrive in calm completes it",
        progress.redrives_end_it,
        ("saga.ends&waits&consumers", "saga.waits.letter.rows", "op.plays=redrive"),
    ),
    Rule(
        promises.TERMINATES,
        "what was accepted exists",
        progress.accepted_exists,
        ("saga", "op.plays=begin|op.plays=repeat|op.plays=poison"),
    ),
    Rule(
        promises.TERMINATES,
        "a saga that goes on does not stop",
        giving_up.never_stops,
        ("saga.ends&waits&steps.given_up", "knobs.after_failing_compensation"),
    ),
    Rule(
        promises.ISOLATED,
        "two instances of a service do it once",
        separation.two_services_do_it_once,
        ("saga.consumers.once|saga.tells.by.once",),
    ),
    Rule(
        promises.ISOLATED, "an end is told rightly", separation.ends_are_told_rightly, ("saga.tells.words",)
    ),
    Rule(
        promises.ISOLATED,
        "effects carry their own data",
        separation.effects_carry_their_own_data,
        ("saga.steps.amount|saga.steps.same",),
    ),
    Rule(promises.ISOLATED, "effects have an instance", separation.effects_have_an_instance, ("saga.steps",)),
    Rule(
        promises.ORDER_INDEPENDENT,
        "there is one outcome",
        duplicates.one_outcome,
        ("saga.consumers&exclusive",),
    ),
    Rule(promises.ORDER_INDEPENDENT, "the end is the same", duplicates.same_end, ("saga.consumers&ends",)),
)

SAGA_RULES = Rules(_RULES, SagasReader)
