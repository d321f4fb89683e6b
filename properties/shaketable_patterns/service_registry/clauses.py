"""Every clause of a registry, in the order of its promises, with what a mapping must declare for it."""

from __future__ import annotations

from shaketable.checkers.rule import Rule
from shaketable.mapping.rules_under_mapping import Rules
from shaketable_patterns.service_registry import absence_rules, outage_rules, presence_rules, promises
from shaketable_patterns.service_registry.facts import RegistryFacts, RegistryReader

_ROLES = ("registry", "member", "listing")
_RULES: tuple[Rule[RegistryFacts], ...] = (
    Rule(
        promises.LISTED,
        "a live one is listed",
        presence_rules.live_ones_are_listed,
        _ROLES,
        reached_by="a listing long after a start, with one lost heartbeat at most",
    ),
    Rule(
        promises.LISTED,
        "a mass silence empties nothing",
        presence_rules.a_mass_silence_empties_nothing,
        (*_ROLES, "knobs.self_preservation=on"),
        reached_by="two listings between which every instance is cut off from the registries",
    ),
    Rule(
        promises.FORGOTTEN,
        "a silent one is forgotten",
        absence_rules.silent_ones_are_forgotten,
        (*_ROLES, "knobs.self_preservation=off"),
        reached_by="a listing while an instance has been down for longer than its lease",
    ),
    Rule(
        promises.GONE,
        "who left is listed no more",
        absence_rules.leavers_are_listed_no_more,
        (*_ROLES, "leaving"),
        reached_by="a listing a while after an instance took leave",
    ),
    Rule(
        promises.GONE,
        "nothing late brings it back",
        absence_rules.nothing_late_brings_them_back,
        (*_ROLES, "leaving"),
        reached_by="two listings after an instance took leave, of which the first has it no more",
    ),
    Rule(
        promises.BACK,
        "a lost one comes back",
        presence_rules.lost_ones_come_back,
        _ROLES,
        reached_by="a listing a while after a fault is over, or an instance came back",
    ),
    Rule(
        promises.BACK,
        "a restarted one is where it is",
        presence_rules.restarted_ones_are_where_they_are,
        (*_ROLES, "placing"),
        reached_by="a listing a while after an instance was placed at another address",
    ),
    Rule(
        promises.ALIKE,
        "replicas agree",
        outage_rules.replicas_agree,
        (*_ROLES, "listing.direct"),
        reached_by="two listings of two replicas, one after the other, in calm",
    ),
    Rule(
        promises.ALIKE,
        "copies are kept",
        outage_rules.copies_are_kept,
        _ROLES,
        reached_by="two listings of a client that reaches no registry",
    ),
    Rule(
        promises.ALIKE,
        "an outage takes nothing away",
        outage_rules.an_outage_takes_nothing_away,
        _ROLES,
        reached_by="two listings of a client between which a registry is away",
    ),
)

REGISTRY_RULES = Rules(_RULES, RegistryReader)
