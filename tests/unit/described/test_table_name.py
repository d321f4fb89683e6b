import pytest

from shaketable.descriptions.table_name import name_of, place_of, quoted
from shaketable.errors import FileFormatError, UsageError
from shaketable.real.tap.sql import statements
from tests.unit.described.shop_file import described


@pytest.mark.parametrize(
    ("name", "place", "told"),
    [
        ("invoice", ("", "invoice"), "invoice"),
        ("public.invoice", ("public", "invoice"), "invoice"),
        ("billing.invoice", ("billing", "invoice"), "billing.invoice"),
        ("Billing.Invoice", ("Billing", "Invoice"), "Billing.Invoice"),
        ('"a.b"', ("", "a.b"), '"a.b"'),
        ('billing."a.b"', ("billing", "a.b"), 'billing."a.b"'),
        ('"say ""hi"""', ("", 'say "hi"'), '"say ""hi"""'),
        ("two words", ("", "two words"), "two words"),
    ],
)
def test_a_name_says_its_schema_and_its_table(name, place, told):
    assert place_of(name) == place
    assert name_of(*place) == told
    assert place_of(told)[1] == place[1]


@pytest.mark.parametrize("name", ["a.b.c", ".a", "a.", '"a', 'a"b', '""'])
def test_what_is_no_name_is_refused_in_one_line(name):
    with pytest.raises(UsageError, match="is no name of a table") as refused:
        place_of(name)
    assert "\n" not in str(refused.value)


def test_a_name_is_quoted_for_sql():
    assert quoted(("Billing", 'a"b')) == '"Billing"."a""b"'
    assert quoted(("", "invoice")) == '"invoice"'


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("INSERT INTO billing.invoice VALUES (1)", ("INSERT", "billing.invoice")),
        ("INSERT INTO public.invoice VALUES (1)", ("INSERT", "invoice")),
        ("INSERT INTO Billing.Invoice VALUES (1)", ("INSERT", "billing.invoice")),
        ('UPDATE "Billing" . "Invoice" SET a = 1', ("UPDATE", "Billing.Invoice")),
        ('DELETE FROM ONLY shop.billing."In.voice"', ("DELETE", 'billing."In.voice"')),
        ('SELECT 1 FROM "say ""hi""; now"', ("SELECT", '"say_""hi"";_now"')),
        ("SELECT 1 FROM Orders", ("SELECT", "orders")),
    ],
)
def test_a_message_is_named_as_its_statement_says(sql, named):
    assert statements(sql) == (named,)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('{ name = "sale.x.y", key = ["nr"] }', "'sale.x.y' is no name of a table"),
        ('{ name = "sale", key = ["nr"] }, { name = "public.sale", key = ["nr"] }', "two of table"),
    ],
)
def test_a_description_with_another_kind_of_name_is_refused(wrong, said):
    with pytest.raises(FileFormatError, match=said):
        described('{ name = "sale", key = ["nr"] }', wrong)
