"""What a description declares and a calm run never shows is told by its field: a clause that reads it would pass on nothing."""

from pathlib import Path

import pytest

from shaketable.descriptions.file import parse
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Call, Record, Rows
from shaketable.real.servers.registry import servers
from shaketable_patterns.described.calibration import misplayed
from shaketable_patterns.described.roles import mapping_of
from shaketable_patterns.saga.roles import Conserved, Saga, Step, Tells
from tests.unit.mapping.shop_history import Shop

TARGETS = Path(__file__).parents[3] / "target_services" / "shaketable_targets"
LOYALTY = (TARGETS / "loyalty" / "loyalty.toml").read_text()


def loyalty(old="", new=""):
    """Return the mapping of the loyalty programme with one thing in it said otherwise."""
    assert old in LOYALTY
    return mapping_of(parse(LOYALTY.replace(old, new, 1).encode(), "loyalty.toml", servers()), "loyalty.toml")


def two_purchases(*, marks="own"):
    """Tell two calm purchases; `marks` are those of the worker: of its `own` events, of `other` ones, or `none`."""
    shop = Shop()
    for n in (1, 2):
        asked = {"key": f"k{n}", "receipt": f"p{n}", "member": "ada", "cents": 900}
        said = {
            "event": f"e{n}",
            "type": "purchase",
            "receipt": f"p{n}",
            "member": "ada",
            "cents": 900,
            "number": n,
        }
        row = {"number": n, "event": f"e{n}", "body": said, "sent_at": None}
        shop.commit(
            ("insert", "purchases", {"number": n, "receipt": f"p{n}", "member": "ada", "cents": 900}),
            ("insert", "requests", {"key": f"k{n}", "payload": "...", "status": 201, "answer": {}}),
            ("insert", "outbox", row),
            db="shop",
            by="till",
        )
        shop.op("buy", result={"status": 201, "body": {}}, **asked)
        offset = n - 1
        shop.append("purchases", said, by="till")
        shop.commit(("update", "outbox", row | {"sent_at": "12:00"}), db="shop", by="till")
        shop.deliver("purchases", offset, "points", to="worker")
        credit = ("insert", "credits", {"number": n, "receipt": f"p{n}", "member": "ada", "points": 9})
        mark = ("insert", "processed", {"event": f"e{n}" if marks == "own" else f"x{n}"})
        shop.commit(*((credit,) if marks == "none" else (credit, mark)), db="loyalty", by="worker")
    return shop.quiet()


def test_a_calm_purchase_fits_the_description():
    assert misplayed(loyalty(), two_purchases()) == []


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ("none", "consumers points.consumers[0].mark: processed of loyalty got no such row in a calm run, though group 'points' was given 2"),
        ("other", "consumers points.consumers[0].mark.of or .takes.id: no mark has the id of a record"),
    ],
)  # fmt: skip
def test_a_mark_that_never_appears_is_told(marks, said):
    (told,) = misplayed(loyalty(), two_purchases(marks=marks))
    assert told.startswith(said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('outcome = "col.status"', 'outcome = "col.state"', "keyed till.outcome: col.state is in none of the 2 changes"),
        ('done = { "col.status" = "@set" }', 'done = { "col.state" = "@set" }', "keyed till.done: no record was so"),
        ('key = "col.key"', 'key = "col.keys"', "keyed till.key: col.keys is in none of the 2 changes of records"),
        ('done = { "col.status"', 'running = { "col.status" = "@null" }\ndone = { "col.status"', "keyed till.running: no record was so"),
        ('key = "field.key"', 'key = "field.keys"', "op buy.key: field.keys is in none of the 2 ops"),
        ('of = "field.receipt"', 'of = "answer.id"', "op buy.of: answer.id is in none of the 2 ops"),
        ('"field.cents"]', '"field.cent"]', "op buy.payload, field.cent: field.cent is in none of the 2 ops"),
        ('sequence = "col.number"', 'sequence = "col.event"', "outbox purchases.sequence: col.event is a whole number in none"),
        ('sequence = "col.number"', 'sequence = "col.number"\nclaim = { owner = "col.by" }', "claim.owner: col.by is in none of the 4 changes"),
        ('sequence = "col.number"', 'sequence = "col.number"\ntopic = "col.topic"', "outbox purchases.topic: col.topic is in none of the 2"),
        ('"col.body:$.member" =', '"col.body:$.membre" =', "outbox purchases.same: col.body:$.membre is in none of the 2 event rows"),
        ('"body.member"', '"body.membre"', "outbox purchases.same: body.membre is in none of the 2 records"),
        ('id = "body.event", type = "body.type" }\ndone', 'id = "body.event", type = "body.kind" }\ndone', "takes.type: body.kind is in none of the 2"),
    ],
)  # fmt: skip
def test_a_value_that_nothing_has_is_told_with_its_path(old, new, said):
    told = misplayed(loyalty(old, new), two_purchases())
    assert any(said in one for one in told), told


TRIPS, SEATS = Rows("trips", "trip", ("id",)), Rows("trips", "seats", ("train",))


def saga(**other):
    """Return the mapping of a saga of one charge and a mail, with some of it said otherwise."""
    step = {
        "name": "charge",
        "do": Call("bank", "charge", "field.trip", "field.cents"),
        "amount": "col.price",
    }
    conserved = {"rows": SEATS, "of": "col.train", "parts": ("col.free", "col.held"), "held": "col.held"}
    return Mapping((
        Saga(
            instance=Becomes(TRIPS, "col.id"),
            status=other.get("status", "col.status"),
            steps=(Step(**step | other.get("step", {})),),
            ends={"PAID": ("charge",)},
            conserved=(Conserved(**conserved | other.get("conserved", {})),),
            tells=(
                Tells(
                    effect=Record(("mails",), "body.trip"),
                    says=other.get("says", "body.text"),
                    words={"PAID": "paid"},
                ),
            ),
        ),
    ))  # fmt: skip


def a_trip(*, mailed=True):
    shop = Shop()
    row = {"id": "t1", "price": 5, "to": "ROM", "status": "NEW"}
    shop.commit(("insert", "seats", {"train": "N7", "free": 3, "held": 0}), db="trips")
    shop.commit(("insert", "trip", row), db="trips")
    shop.entry("bank", "charge", trip="t1", cents=5, to="ROM")
    shop.commit(("update", "trip", row | {"status": "PAID"}), db="trips")
    if mailed:
        shop.append("mails", {"trip": "t1", "text": "paid"})
    return shop.quiet()


def test_a_calm_trip_fits_its_saga():
    assert misplayed(saga(step={"same": {"field.to": "col.to"}}), a_trip()) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"status": "col.state"}, "saga.status: col.state is in none of the 1 instances"),
        ({"step": {"amount": "col.cents"}}, "saga.steps, charge.amount: col.cents is in none of the 1 instances"),
        ({"step": {"do": Call("bank", "charge", "field.trip", "field.sum")}}, "charge.do.amount: field.sum is in none"),
        ({"step": {"same": {"field.to": "col.city"}}}, "saga.steps, charge.same: col.city is in none of the 1 instances"),
        ({"conserved": {"held": "col.kept"}}, "saga.conserved, seats.held: col.kept is in none of the 1 rows"),
        ({"conserved": {"parts": ("col.free", "col.left")}}, "saga.conserved, seats.parts, col.left: col.left is in none"),
        ({"conserved": {"rows": Rows("trips", "berths")}}, "saga.conserved, berths: it had no row in a calm run"),
        ({"says": "body.words"}, "saga.tells.says: body.words is in none of the 1 effects that tell"),
    ],
)  # fmt: skip
def test_a_value_of_a_saga_that_nothing_has_is_told(other, said):
    told = misplayed(saga(**other), a_trip())
    assert any(said in one for one in told), told


def test_an_end_that_is_never_told_is_told():
    assert misplayed(saga(), a_trip(mailed=False)) == ["saga.tells.effect: it never happened in a calm run"]
