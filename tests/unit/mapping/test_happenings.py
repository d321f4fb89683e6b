from shaketable.mapping.happenings import happenings
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.roles import Becomes, Call, Record, Rows
from tests.unit.mapping.shop_history import Shop

SALES = Rows("sales", "sale", ("nr",))
KEYS = {("sales", "sale"): ("nr",)}


def seen(effect, shop):
    index = Indexing(KEYS)(shop.quiet())
    return [(one.at, one.of, one.amount) for one in happenings(effect, index)]


def a_sale_that_is_held_and_let_go():
    shop = Shop()
    shop.commit(("insert", "sale", {"nr": 1, "state": "new", "cups": 2}))
    shop.commit(("update", "sale", {"nr": 1, "state": "held", "cups": 2}))
    shop.commit(("update", "sale", {"nr": 1, "state": "held", "cups": 3}))
    shop.commit(("update", "sale", {"nr": 1, "state": "free", "cups": 0}))
    shop.commit(("delete", "sale", {"nr": 1}))
    return shop


def test_an_insert_is_one_and_so_is_entering_a_state():
    shop = a_sale_that_is_held_and_let_go()
    assert seen(Becomes(SALES, of="col.nr"), shop) == [(0, "1", 0)]
    held = Becomes(SALES, of="col.nr", on="enters", where={"col.state": "held"}, amount="col.cups")
    assert seen(held, shop) == [(1, "1", 2)]


def test_what_leaves_or_is_deleted_is_told_as_it_was():
    shop = a_sale_that_is_held_and_let_go()
    let_go = Becomes(SALES, of="col.nr", on="leaves", where={"col.state": "held"}, amount="col.cups")
    assert seen(let_go, shop) == [(3, "1", 3)]
    gone = Becomes(SALES, of="col.state", on="delete")
    assert seen(gone, shop) == [(4, "free", 0)]


def test_a_row_that_comes_again_under_its_key_enters_again():
    shop = Shop()
    for _ in range(2):
        shop.commit(("insert", "sale", {"nr": 1, "state": "held"}))
        shop.commit(("delete", "sale", {"nr": 1}))
    held = Becomes(SALES, of="col.nr", on="enters", where={"col.state": "held"})
    assert [at for at, _, _ in seen(held, shop)] == [0, 2]


def test_records_of_several_topics_come_in_the_order_of_the_history():
    shop = Shop()
    shop.append("b", {"nr": 1})
    shop.append("a", {"nr": 2})
    shop.append("b", {"nr": 3, "kind": "other"})
    found = seen(Record(("a", "b"), of="body.nr", where={"body.kind": "@null"}), shop)
    assert [of for _, of, _ in found] == ["1", "2"]


def test_a_ledger_entry_is_of_its_partner_and_route():
    shop = Shop()
    shop.entry("bank", "transfers", iban="x", cents=250)
    shop.entry("bank", "refunds", iban="x", cents=250)
    assert seen(Call("bank", "transfers", of="field.iban", amount="field.cents"), shop) == [(0, "x", 250)]


def test_rows_that_were_there_before_the_run_are_no_happenings_but_have_a_state():
    shop = Shop()
    shop.history.add(
        0, "state", "sales", "rows", {"db": "sales", "table": "sale", "rows": [{"nr": 1, "state": "held"}]}
    )
    shop.commit(("update", "sale", {"nr": 1, "state": "held"}))
    shop.commit(("update", "sale", {"nr": 1, "state": "free"}))
    held = {"col.state": "held"}
    assert seen(Becomes(SALES, of="col.nr", on="enters", where=held), shop) == []
    assert [at for at, _, _ in seen(Becomes(SALES, of="col.nr", on="leaves", where=held), shop)] == [2]
