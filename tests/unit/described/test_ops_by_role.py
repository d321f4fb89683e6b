"""Ops of a described system are drawn by what they play: each role has its turn, with values that fit what came before."""

from types import SimpleNamespace

import pytest

from shaketable.boundary import Boundary
from shaketable.descriptions.file import parse
from shaketable.explore.generate.places import Places
from shaketable.fault import Cut, Drop, Hold
from shaketable.real.servers.registry import servers
from shaketable.schedule import Do, Heal, Inject, Wait
from shaketable_patterns.described.machine import machine_of, workload
from shaketable_patterns.described.ops_by_role import players_of
from shaketable_patterns.described.roles import mapping_of
from tests.unit.described.shop_file import SHOP_FILE

OPS = """
[[ops]]
name = "buy"
to = "api"
method = "POST"
path = "/buy"
body = { key = "{key}", nr = "{nr}", cups = "{cups}", kind = "{kind}" }
ok = [201]
fields.key = { id = "k" }
fields.nr = { id = "s" }
fields.cups = { one_of = [1, 2, 3] }
fields.kind = { one_of = ["tea", "coffee", "hemlock"] }

[[ops]]
name = "buy-again"
to = "api"
method = "POST"
path = "/buy"
body = { key = "{k}", nr = "{nr}", cups = "{cups}", kind = "{kind}" }
ok = [201]
fields.k = { id = "z" }
fields.nr = { id = "z" }
fields.cups = { one_of = [9] }
fields.kind = { one_of = ["tea"] }

[[ops]]
name = "buy-other"
to = "api"
method = "POST"
path = "/buy"
body = { key = "{key}", cups = "{cups}" }
ok = [201]
fail = [422]
fields.key = { id = "z" }
fields.cups = { one_of = [7] }

[[ops]]
name = "tell"
to = "api"
method = "POST"
path = "/tell"
ok = [200]
fields.nr = { id = "t" }

[[ops]]
name = "look"
to = "api"
method = "GET"
path = "/sales/{nr}"
ok = [200]
fields.nr = { id = "z" }

[[ops]]
name = "mend"
"""
ROLES = """
[[roles]]
role = "op"
op = "buy"
plays = "poison"
where = { "field.kind" = "hemlock" }

[[roles]]
role = "op"
op = "buy"
plays = "begin"
of = "field.nr"
key = "field.key"
payload = ["field.cups"]

[[roles]]
role = "op"
op = "buy-again"
plays = "repeat"
of = "field.nr"
key = "field.k"
payload = ["field.cups"]

[[roles]]
role = "op"
op = "buy-other"
plays = "other-payload"
key = "field.key"
payload = ["field.cups"]

[[roles]]
role = "op"
op = "tell"
plays = "publish"

[[roles]]
role = "op"
op = "look"
plays = "read"

[[roles]]
role = "op"
op = "mend"
plays = "redrive"
"""
FIRST_OPS, REST = SHOP_FILE.split('[[ops]]\nname = "sell"', 1)[0], SHOP_FILE.split('name = "mend"\n', 1)[1]
TEXT = (
    FIRST_OPS
    + OPS.strip()
    + "\n"
    + REST.split('[[roles]]\nrole = "op"', 1)[0]
    + ROLES
    + "\n[times]"
    + REST.split("[times]", 1)[1]
)
DESCRIPTION = parse(TEXT.encode(), "shop.toml", servers())
MAPPING = mapping_of(DESCRIPTION, "shop.toml")
BOUNDARIES = tuple(
    Boundary.parse(text)
    for text in ("client>api POST /buy #1", "api>postgres COMMIT sale #1", "api>bank POST /accounts #1")
)
PICKS = range(60)


def machine():
    bound = {
        "sink": SimpleNamespace(wants=lambda: True),
        "boundaries": BOUNDARIES,
        "places": Places(BOUNDARIES),
    }
    return type("Bound", (machine_of(DESCRIPTION, MAPPING),), bound)()


def bought(pick=0):
    """Return a machine that has bought something in order."""
    for more in PICKS:
        made = machine()
        made.op(pick + more)
        if made.done[0].f == "buy" and made.done[0].value["kind"] != "hemlock":
            return made
    raise AssertionError("it never buys")


def drawn(rule):
    """Return the steps that a rule adds to a purchase, for many drawn numbers."""
    found = []
    for pick in PICKS:
        made = bought()
        before = len(made.steps)
        getattr(made, rule)(pick)
        found.append((made.done[0], made.steps[before:]))
    return found


def test_each_op_plays_its_role():
    plays = players_of(DESCRIPTION, MAPPING)
    assert {role: [one.name for one in plays[role]] for role in ("begin", "poison", "publish", "repeat", "other-payload", "read", "redrive")} == {
        "begin": ["buy"],
        "poison": ["buy"],
        "publish": ["tell"],
        "repeat": ["buy-again"],
        "other-payload": ["buy-other"],
        "read": ["look"],
        "redrive": ["mend"],
    }  # fmt: skip


def test_what_begins_and_what_is_malformed_are_told_by_their_fields():
    plays = players_of(DESCRIPTION, MAPPING)
    kinds = [{one.fresh(1, pick)["kind"] for pick in PICKS} for one in (plays.begin[0], plays.poison[0])]
    assert kinds == [{"tea", "coffee"}, {"hemlock"}]


def test_new_things_are_sound_published_and_now_and_then_malformed():
    seen = []
    for pick in PICKS:
        made = machine()
        made.op(pick)
        (step,) = made.steps
        seen.append("poison" if step.value.get("kind") == "hemlock" else step.f)
    assert {"buy", "tell", "poison"} == set(seen)
    assert seen.count("poison") < seen.count("buy")


def test_a_repetition_is_of_the_same_request_by_the_same_op_or_by_the_one_that_repeats():
    steps = [(first, step) for first, (step,) in drawn("again")]
    assert {step.f for _, step in steps} == {"buy", "buy-again"}
    for first, step in steps:
        assert step.value[("key" if step.f == "buy" else "k")] == first.value["key"]
        assert {name: step.value[name] for name in ("nr", "cups", "kind")} == {
            name: first.value[name] for name in ("nr", "cups", "kind")
        }


def test_a_used_key_is_misused_by_the_op_that_does_so():
    for first, (step,) in drawn("misuse"):
        assert step == Do("buy-other", {"key": first.value["key"], "cups": 7})


def test_a_request_that_fails_is_asked_for_again_at_once_or_after_a_while():
    apart = set()
    faults = set()
    for _, steps in drawn("again_while_it_fails"):
        fault, first, *between, again = steps
        assert isinstance(fault, Inject)
        faults.add(type(fault.fault))
        assert fault.fault.at.endswith("#2")  # it is the second purchase's, or telling's
        assert isinstance(first, Do)
        same = ("buy", "buy-again") if first.f == "buy" else (first.f,)
        assert again.f in same
        apart.add(tuple(between))
    assert apart == {(), *((Wait(ms),) for ms in DESCRIPTION.times.waits_ms)}
    assert {Cut, Drop, Hold} <= faults


def test_a_redrive_comes_in_the_middle_or_in_calm_and_at_times_twice_at_once():
    shapes = {tuple(type(step) for step in steps) for _, steps in drawn("redrive")}
    assert shapes == {(Do,), (Do, Do), (Heal, Wait, Do), (Heal, Wait, Do, Do)}


def test_what_is_read_is_something_that_was_begun():
    for first, (step,) in drawn("read"):
        assert step == Do("look", {"nr": first.value["nr"]})


def test_after_a_heal_it_redrives_and_asks_again_once_nothing_waits_any_more():
    made = bought()
    before = len(made.steps)
    made.healed()
    wait, *rest = made.steps[before:]
    assert wait == Wait(max(DESCRIPTION.times.waits_ms[-1], 3 * DESCRIPTION.times.io_timeout_ms))
    assert [step.f for step in rest if isinstance(step, Do)] == ["mend", "buy-again", "buy-again"]


def test_a_calm_run_has_every_role_but_what_is_wrong_by_itself():
    steps = workload(SimpleNamespace(name="shop"), DESCRIPTION, MAPPING).steps
    played = [step for step in steps if isinstance(step, Do)]
    assert [step.f for step in played] == ["buy", "tell", "buy", "tell", "tell", "mend", "look"]
    assert all(step.value.get("kind") != "hemlock" for step in played)
    assert played[-1].value["nr"] in [step.value.get("nr") for step in played[:-1]]


@pytest.mark.parametrize("plays", ["read", "repeat", "other-payload"])
def test_a_system_of_which_nothing_begins_is_tried_all_the_same(plays):
    text = SHOP_FILE.replace('plays = "begin"', f'plays = "{plays}"')
    description = parse(text.encode(), "shop.toml", servers())
    mapping = mapping_of(description, "shop.toml")
    assert [one.name for one in players_of(description, mapping).first] == ["sell", "sell"]
    played = [
        step.f
        for step in workload(SimpleNamespace(name="shop"), description, mapping).steps
        if isinstance(step, Do)
    ]
    assert played[:2] == ["sell", "sell"]
