"""Every clause of calls outside, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.guarded_calls import breakers, deferred, fallbacks, pools, promises
from shaketable_patterns.guarded_calls.facts import CallsFacts, CallsReader

_WINDOW = ("knobs.window_size", "knobs.failure_rate_percent", "knobs.half_open_permits", "knobs.wait_ms")
_BOUNDS = ("knobs.call_timeout_ms", "knobs.prompt_ms")
_BREAKER = ("guarded", *_WINDOW)
_RULES: tuple[Rule[CallsFacts], ...] = (
    Rule(
        promises.CB_1,
        "it trips",
        breakers.it_trips,
        _BREAKER,
        reached_by="something that is asked behind failures enough to fill the window",
    ),
    Rule(
        promises.CB_1,
        "it trips only then",
        breakers.it_trips_only_then,
        (*_BREAKER, *_BOUNDS),
        reached_by="something that is asked before any call of it has failed",
    ),
    Rule(
        promises.CB_3,
        "probes are few",
        breakers.probes_are_few,
        _BREAKER,
        reached_by="several who ask at one time behind the wait, in vain",
    ),
    Rule(
        promises.CB_4,
        "it waits",
        breakers.it_waits,
        _BREAKER,
        reached_by="something that is asked again while the breaker is open",
    ),
    Rule(
        promises.CB_8,
        "it closes again",
        breakers.it_closes_again,
        (*_BREAKER, *_BOUNDS),
        reached_by="something that is asked long after everything healed",
    ),
    Rule(
        promises.CB_11,
        "a fallback makes no call",
        fallbacks.no_call_outside,
        ("guarded.instead",),
        reached_by="an answer without the outside",
    ),
    Rule(
        promises.CB_11,
        "a fallback is in time",
        fallbacks.answers_in_time,
        (*_BREAKER, *_BOUNDS),
        reached_by="an answer without the outside",
    ),
    Rule(
        promises.BH_1,
        "no more calls than permits",
        pools.no_more_than_permits,
        ("guarded.pool", *_BOUNDS),
        reached_by="as many calls that hang as a pool has permits",
    ),
    Rule(
        promises.BH_5,
        "it rejects only when full",
        pools.full_only_when_full,
        ("guarded.pool&full", *_BOUNDS),
        reached_by="an answer that says that a pool is full",
    ),
    Rule(
        promises.BH_6,
        "others go on",
        pools.others_go_on,
        ("guarded.pool&full", *_WINDOW, *_BOUNDS),
        reached_by="something that is asked of one party while the pool of another is saturated",
    ),
    Rule(
        promises.CW_1,
        "it is answered as ever",
        deferred.answered_as_ever,
        ("deferred", *_BREAKER, *_BOUNDS),
        reached_by="something that is asked while the party is down that its deferred work needs",
    ),
    Rule(
        promises.CW_2,
        "it is answered in time",
        deferred.prompt_without_the_asked,
        ("deferred", "guarded", *_BOUNDS),
        reached_by="something that is asked while the party is down that has to be asked for it",
    ),
    Rule(
        promises.CW_2,
        "deferred work goes on",
        deferred.goes_on_without_the_asked,
        ("deferred", "knobs.deferred_ms"),
        reached_by="work that was accepted before a party went down that it does not need",
    ),
    Rule(
        promises.CW_3,
        "accepted work is done",
        deferred.done_in_the_end,
        ("deferred",),
        reached_by="work that is accepted, in a run that becomes quiet",
    ),
)

CALLS_RULES = Rules(_RULES, CallsReader)
