"""Every clause of a gateway, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.gateway import balance, limits, passing, promises, serving
from shaketable_patterns.gateway.facts import GatewayFacts, GatewayReader

_BOTH = ("demand", "forwarded")
_ROUTED = ("gateway", "upstream", *_BOTH)
_TIMES = ("knobs.return_ms", "knobs.lag_ms", "knobs.detect_ms", "knobs.prompt_ms")
_LIMIT = ("gateway.store", "demand.user", "knobs.burst", "knobs.per_s")
_RULES: tuple[Rule[GatewayFacts], ...] = (
    Rule(
        promises.TOKENS,
        "no request with a bad token passes",
        passing.bad_tokens_do_not_pass,
        _BOTH,
        reached_by="a request with a token that has to be refused",
    ),
    Rule(
        promises.TOKENS,
        "a good token is accepted",
        passing.good_tokens_are_accepted,
        ("demand",),
        reached_by="a request with a good token that is answered",
    ),
    Rule(
        promises.ROUTES,
        "a request goes where its path says",
        passing.requests_go_where_their_path_says,
        ("upstream", *_BOTH),
        reached_by="a request that an instance sees",
    ),
    Rule(
        promises.ROUTES,
        "a path of no route is not answered",
        passing.unknown_paths_are_not_answered,
        ("upstream", "demand"),
        reached_by="a request whose path is of no route",
    ),
    Rule(
        promises.BALANCE,
        "only listed instances get requests",
        balance.unlisted_instances_get_nothing,
        (*_ROUTED, "membership", "knobs.lag_ms"),
        reached_by="a request that an instance sees which was listed or taken off the list",
    ),
    Rule(
        promises.BALANCE,
        "a dead instance is passed over",
        serving.dead_instances_are_passed_over,
        (*_ROUTED, *_TIMES),
        reached_by="a request while one instance is dead and another one is there",
    ),
    Rule(
        promises.BALANCE,
        "each in its turn",
        balance.each_in_its_turn,
        (*_ROUTED, "forwarded.via", *_TIMES),
        reached_by="requests to a route of several instances while nothing changes",
    ),
    Rule(
        promises.ONCE,
        "what must not be repeated is sent once",
        passing.sent_once,
        ("demand.once", "forwarded"),
        reached_by="a request that must not be repeated, and that an instance sees",
    ),
    Rule(
        promises.IDENTITY,
        "who sent it is said by the gateway alone",
        passing.identity_is_the_gateways,
        ("demand.user", "forwarded.user"),
        reached_by="a request with a good token that an instance sees",
    ),
    Rule(
        promises.AVAILABLE,
        "a prompt 503 when no instance is there",
        serving.a_prompt_answer_when_none_is_there,
        (*_ROUTED, *_TIMES),
        reached_by="a request while no instance of its route can be reached",
    ),
    Rule(
        promises.AVAILABLE,
        "other routes are served meanwhile",
        serving.other_routes_are_served,
        (*_ROUTED, *_TIMES),
        reached_by="a request while an instance of another route is in trouble",
    ),
    Rule(
        promises.AVAILABLE,
        "it serves when all is well, and soon again",
        serving.served_when_all_is_well,
        (*_ROUTED, *_TIMES),
        reached_by="a request while nothing is wrong",
    ),
    Rule(
        promises.LIMIT,
        "no more than the limit passes",
        limits.no_more_than_the_limit,
        (*_BOTH, *_LIMIT),
        reached_by="more requests of one user than its bucket holds",
    ),
    Rule(
        promises.LIMIT,
        "no less than the limit passes",
        limits.no_less_than_the_limit,
        ("demand", *_LIMIT),
        reached_by="a request of a user who has sent few others",
    ),
)

GATEWAY_RULES = Rules(_RULES, GatewayReader)
