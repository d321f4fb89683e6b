from shaketable.mapping.consumers import Consumer, read_consumers
from shaketable.mapping.dead_letters import Letter, read_letters
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.roles import Becomes, Call, Record, Rows
from tests.unit.mapping.shop_history import Shop

KEYS = {("crm", "failed"): ("msg",), ("crm", "seen"): ("msg",)}
ALERT = Record(("pager",), of="body.msg")
IN_ROWS = Letter(
    Becomes(Rows("crm", "failed", ("msg",)), of="col.customer"),
    about="col.msg",
    consumer="='crm'",
    cause="col.why",
    closed={"col.fixed": True},
    alert=ALERT,
)
ON_TOPIC = Letter(Record(("dlt",), of="key"), about="header.msg", consumer="header.group", alert=ALERT)
WELCOME = Consumer(
    group="crm",
    takes=Record(
        ("customers",), of="body.customer", id="body.msg", type="body.kind", where={"body.kind": "Joined"}
    ),
    done=(Call("post", "letters", of="field.to"),),
    once=(Call("post", "letters", of="field.to"),),
    mark=Becomes(Rows("crm", "seen", ("msg",)), of="col.msg"),
)


def views_of(shop):
    return Indexing(KEYS)(shop.quiet())


def test_a_letter_is_open_until_its_row_says_otherwise():
    shop = Shop()
    shop.commit(("insert", "failed", {"msg": "m1", "customer": "ada", "why": "no", "fixed": False}), db="crm")
    assert read_letters((IN_ROWS,), views_of(shop)).filed["m1", "crm"].open
    shop.commit(("update", "failed", {"msg": "m1", "customer": "ada", "why": "no", "fixed": True}), db="crm")
    letter = read_letters((IN_ROWS,), views_of(shop)).filed["m1", "crm"]
    assert not letter.open
    assert (letter.of, letter.cause) == ("ada", "no")


def test_a_letter_waits_visibly_only_with_its_alert():
    shop = Shop()
    shop.append("dlt", None, key="ada", msg="m1", group="crm")
    assert not read_letters((ON_TOPIC,), views_of(shop)).waits("ada")
    shop.append("pager", {"msg": "m1"})
    assert read_letters((ON_TOPIC,), views_of(shop)).waits("ada")


def test_a_row_knows_more_than_a_record_about_the_same():
    shop = Shop()
    shop.append("dlt", None, key="ada", msg="m1", group="crm")
    shop.commit(("insert", "failed", {"msg": "m1", "customer": "ada", "why": "no", "fixed": True}), db="crm")
    letters = read_letters((ON_TOPIC, IN_ROWS), views_of(shop))
    assert not letters.filed["m1", "crm"].open
    assert len(letters.every) == 2


def test_what_is_given_twice_is_given_again_and_what_is_no_business_of_the_group_is_left_out():
    shop = Shop()
    shop.append("customers", {"msg": "m1", "customer": "ada", "kind": "Joined"})
    shop.append("customers", {"msg": "m2", "customer": "ada", "kind": "Left"})
    first = shop.deliver("customers", 0, "crm", "crm-1")
    shop.deliver("customers", 0, "crm", "crm-2")
    shop.deliver("customers", 1, "crm", "crm-2")
    shop.deliver("customers", 0, "billing")
    (facts,) = read_consumers((WELCOME,), views_of(shop))
    assert [given.again for given in facts.given] == [False, True]
    assert facts.repeated[0].first == first
    assert facts.repeated[0].first_process == "crm-1"


def test_a_record_is_effective_by_the_books_of_those_who_keep_them():
    shop = Shop()
    shop.append("customers", {"msg": "m1", "customer": "ada", "kind": "Joined"})
    shop.deliver("customers", 0, "crm")
    (facts,) = read_consumers((WELCOME,), views_of(shop))
    assert not facts.effective(facts.given[0])
    shop.entry("post", "letters", to="ada")
    shop.commit(("insert", "seen", {"msg": "m1"}), db="crm")
    (facts,) = read_consumers((WELCOME,), views_of(shop))
    assert facts.effective(facts.given[0])
    assert facts.recorded("m1")
    assert len(facts.effects(facts.given[0])) == 1
