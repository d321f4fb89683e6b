"""Roles of a description file: read strictly, calibrated against a calm run, drawn by what ops play."""

import inspect
import re
from pathlib import Path

import pytest

from shaketable.descriptions.file import parse
from shaketable.errors import FileFormatError
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole
from shaketable.profile import Profile
from shaketable.real.servers.registry import servers
from shaketable.subject import Component, Subject
from shaketable_patterns.described.calibration import misplayed
from shaketable_patterns.described.knobs import KNOBS
from shaketable_patterns.described.machine import machine_of, workload
from shaketable_patterns.described.pattern import pattern_with_roles
from shaketable_patterns.described.roles import RULES, mapping_of
from shaketable_patterns.idempotency.clauses import IDEMPOTENCY_RULES
from shaketable_patterns.outbox.clauses import OUTBOX_RULES
from shaketable_patterns.outbox.roles import Outbox
from shaketable_patterns.saga.clauses import SAGA_RULES
from tests.unit.described.shop_file import SHOP_FILE, described
from tests.unit.mapping.shop_history import Shop


def test_the_roles_of_a_file_are_those_of_python():
    mapping = mapping_of(described(), "shop.toml")
    (outbox,) = mapping.of(Outbox)
    assert outbox.owes[0].change.rows.table == "sale"
    assert [role.plays for role in mapping.of(OpRole)] == ["begin", "redrive"]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('role = "outbox"', 'role = "outbux"', "outbux"),
        ('id = "col.no"', 'idd = "col.no"', "idd"),
        ('id = "col.no"', 'id = "no"', "'no' is no value"),
        ('topics = ["sales.sold"]', 'topics = ["sales.sould"]', "no topic 'sales.sould'"),
        ('table = "message" }', 'table = "messages" }', "no table 'messages'"),
        ('op = "sell"\nplays', 'op = "sel"\nplays', "no op 'sel'"),
        ('plays = "begin"', 'plays = "begins"', "begins"),
        ('"col.sent_at" = "@null"', '"sent_at.x" = "@null"', "is no value"),
    ],
)
def test_a_wrong_role_is_refused_by_its_name(right, wrong, said):
    with pytest.raises(FileFormatError) as refused:
        mapping_of(described(right, wrong), "shop.toml")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_roles_belong_to_version_two():
    with pytest.raises(FileFormatError, match="partners belongs to version 2"):
        parse(SHOP_FILE.replace("version = 2", "version = 1").encode(), "shop.toml", servers())


def a_calm_run(*, published=True, marked=True, wrong_id=False):
    shop = Shop()
    for no in (1, 2):
        body = f'{{"sale": {no}, "cups": 2}}'
        row = {"no": no, "body": body, "sent_at": None}
        shop.commit(("insert", "sale", {"nr": no}), ("insert", "message", row))
        if published:
            shop.append("sales.sold", {"sale": no}, msg=f"m{no}" if wrong_id else str(no))
        if marked:
            shop.commit(("update", "message", row | {"sent_at": "12:00"}), by="relay")
    return shop.quiet()


def test_a_mapping_that_fits_has_nothing_said_against_it():
    assert misplayed(mapping_of(described(), "shop.toml"), a_calm_run()) == []


@pytest.mark.parametrize(
    ("run", "field"),
    [
        (a_calm_run(published=False), "record: none of the 0 records"),
        (a_calm_run(marked=False), "sent: every row was published"),
        (a_calm_run(wrong_id=True), "record.id: no record has the id of a row; rows: 1, 2, records: m1, m2"),
        (Shop().quiet(), "owes: no change that owes an event"),
    ],
)
def test_what_a_calm_run_contradicts_is_told_with_the_field(run, field):
    assert any(field in said for said in misplayed(mapping_of(described(), "shop.toml"), run))


def test_a_state_that_no_new_row_has_is_told():
    mapping = mapping_of(described('"col.sent_at" = "@null"', '"col.sent_at" = "never"'), "shop.toml")
    assert any("pending" in said for said in misplayed(mapping, a_calm_run()))


def test_ops_that_redrive_begin_nothing():
    description = described()
    mapping = mapping_of(description, "shop.toml")
    machine = machine_of(description, mapping)
    assert [op.name for op in machine.plays["begin"]] == ["sell"]
    assert [op.name for op in machine.plays["redrive"]] == ["mend"]
    subject = type("Subject", (), {"name": "shop"})()
    played = [step.f for step in workload(subject, description, mapping).steps if hasattr(step, "f")]
    assert played == ["sell", "sell", "sell", "mend"]


def test_promises_that_are_not_claimed_cannot_be_chosen():
    chosen = described("[times]", 'promises = ["SG-1"]\n[times]', front=True)
    with pytest.raises(FileFormatError, match="promise 'SG-1' is not claimed"):
        pattern_with_roles(chosen, "shop.toml", (), lambda _: [])


def test_what_is_required_is_kept_for_the_verdict():
    pattern = pattern_with_roles(
        described("[times]", 'requires = ["OB-4"]\n[times]', front=True), "shop.toml", (), lambda _: []
    )
    assert pattern.requires == ("OB-4",)
    assert ("OB-4", ("outbox.claim|outbox.lock",)) in [
        (one.promise, one.missing) for one in pattern.not_claimed
    ]


SAGA = """
[[roles]]
role = "saga"
instance = { rows = { database = "sales", table = "sale" }, of = "col.nr" }
status = "col.state"
steps = [{ name = "pay", amount = "col.price", do = { kind = "call", partner = "bank", route = "transfers", of = "field.account", amount = "field.cents" } }]
ends = { paid = ["pay"] }

[times]
"""


@pytest.mark.parametrize(
    ("price", "cents", "said"),
    [
        ("12.50", 12.5, []),
        ("12.50", "EUR 12.50", ["amount of a call of bank's transfers: field.cents is 'EUR 12.50'"]),
        (None, None, ["amount of a call of bank's transfers: field.cents is null or not there"]),
        ("a lot", 12.5, ["saga.steps.pay.amount: col.price is 'a lot'"]),
    ],
)
def test_a_calm_run_refuses_a_quantity_that_is_no_number_and_names_it(price, cents, said):
    shop = Shop()
    for nr in (1, 2):
        row = {"nr": nr, "state": "new", "price": price}
        shop.commit(("insert", "sale", row))
        shop.entry("bank", "transfers", account=str(nr), cents=cents)
        shop.commit(("update", "sale", row | {"state": "paid"}))
    text = SHOP_FILE.replace("[times]", SAGA, 1)
    description = parse(text.encode(), "shop.toml", servers())
    pattern = pattern_with_roles(description, "shop.toml", (), lambda _: ())
    subject = Subject("shop", pattern, Profile("shop", {}), Component(lambda _: pytest.fail("not opened")))
    found = pattern.calibrate(subject, lambda _: shop.quiet())
    unreadable = [one for one in found if "a quantity is a number" in one]
    assert [one.partition(", and")[0] for one in unreadable] == said
    assert all("\n" not in one for one in found)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            'role = "outbox"',
            'role = "outbx"',
            "it may be saga, outbox, keyed, consumers, dead-letters, lock, projection, total, question, position, rebuild, poison, queue, listing, standing, seating, copy, lookup, invalidation, branch, decision, replica, writing, reading, guarded, elsewhere, deferred, gateway, upstream, demand, forwarded, membership, op$",
        ),
        ('plays = "begin"', 'plays = "bgin"', "it may be begin, other-payload, .*, repeat$"),
        ("version = 2", "version = 3", "it may be 1, 2$"),
        ('{ id = "s" }', '{ is = "uid" }', "it may be integer, uuid$"),
    ],
)
def test_a_word_that_is_none_of_those_allowed_is_told_with_them(right, wrong, said):
    with pytest.raises(FileFormatError, match=said):
        mapping_of(described(right, wrong), "shop.toml")


def claims(knobs: str):
    """Return what the shop's outbox claims with these knobs."""
    description = described("[times]", f"[knobs]\n{knobs}\n[times]")
    return pattern_with_roles(description, "shop.toml", (), lambda history: ())


def test_a_clause_whose_knob_is_not_declared_is_not_claimed():
    left = {(one.promise, *one.missing) for one in claims("").not_claimed}
    assert ("OB-8", "knobs.batch_size") in left
    assert "OB-8" not in {promise.id for promise in claims("").promises}
    assert "OB-8" in {promise.id for promise in claims("batch_size = 20").promises}


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ('batch_size = "20"', "knobs: batch_size is '20', and must be a whole number"),
        ("key_lease_ms = true", "knobs: key_lease_ms is True, and must be a whole number"),
        ('stored_statuses = "all"', "stored_statuses must be like"),
        ("batch_sice = 20", "knobs: there is no knob 'batch_sice': is it batch_size[?] there are "),
        ("colour = 20", "knobs: there is no knob 'colour'; there are after_failing_compensation, "),
    ],
)
def test_a_knob_that_no_rule_could_read_is_refused_at_once(knobs, said):
    with pytest.raises(FileFormatError, match=said):
        claims(knobs)


def test_every_knob_that_a_rule_over_roles_needs_is_known():
    needed = {
        alternative.partition("=")[0].removeprefix("knobs.")
        for _, rules in RULES
        for rule in rules.rules
        for need in rule.needs
        for alternative in need.split("|")
        if alternative.startswith("knobs.")
    }
    assert needed
    assert needed <= KNOBS


def test_every_knob_that_the_source_of_a_pattern_over_roles_reads_is_known():
    folders = {path.parent for _, rules in RULES for path in [Path(inspect.getfile(rules.reader))]}
    read = {
        name
        for folder in folders
        for path in folder.glob("*.py")
        for name in re.findall(
            r'(?:(?:profile|settings|knobs)\.(?:int|word|number|span_ms|choice|get)\(|knobs\[)"(\w+)"',
            path.read_text(),
        )
        if folder.name != "lock" or path.name == "guarded_rows.py"
    }
    assert {"batch_size", "converge_ms", "poison_policy"} <= read
    assert read <= KNOBS


def test_a_name_that_is_used_nowhere_is_refused():
    with pytest.raises(FileFormatError, match=r"names.sales is used nowhere"):
        mapping_of(described("[times]", '[names]\nsales = "sale"\n[times]'), "shop.toml")


@pytest.mark.parametrize(
    ("rules", "knob"),
    [
        (OUTBOX_RULES, "batch_size"),
        (SAGA_RULES, "after_failing_compensation"),
        (SAGA_RULES, "compensate_failed_step"),
        (IDEMPOTENCY_RULES, "key_lease_ms"),
        (IDEMPOTENCY_RULES, "in_progress"),
        (IDEMPOTENCY_RULES, "stored_statuses"),
    ],
)
def test_what_a_rule_cannot_do_without_is_a_need_of_it(rules, knob):
    assert f"knobs.{knob}" in {need.partition("=")[0] for rule in rules.rules for need in rule.needs}
    assert not Mapping((), frozenset()).plays(f"knobs.{knob}")
    assert Mapping((), frozenset({knob})).plays(f"knobs.{knob}")
    assert Mapping(()).plays(f"knobs.{knob}")
