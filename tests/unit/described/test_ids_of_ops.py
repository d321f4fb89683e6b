"""Where the ids of ops come from: a prefix, UUIDs, whole numbers, and the answers to earlier ops."""

import asyncio
from types import SimpleNamespace

import pytest

from shaketable.descriptions.file import parse
from shaketable.descriptions.system import Ops
from shaketable.errors import FileFormatError
from shaketable.history import History
from shaketable.mapping.answer_reference import AnswerReference, answers_of, reference, resolved
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.ops import OpRole, asked
from shaketable.ports import Response
from shaketable.real.servers.registry import servers
from shaketable.schedule import Do
from shaketable_patterns.black_box.machine import value_of, workload
from tests.unit.described.shop_file import SHOP_FILE, described

ANSWERED = 'fields.nr = { from = "sell", answer = "body.nr" }'
PAY = f"""
[[ops]]
name = "pay"
to = "api"
method = "POST"
path = "/sales/{{nr}}/pay"
ok = [200]
{ANSWERED}

[[roles]]
role = "outbox"
"""
SHOP = parse(SHOP_FILE.replace('[[roles]]\nrole = "outbox"', PAY, 1).encode(), "shop.toml", servers())
PAID = next(op for op in SHOP.ops if op.name == "pay")


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        ('{ id = "s" }', "s1", "s2"),
        ('{ is = "integer" }', 1, 2),
        ('{ is = "uuid" }', "00000000-5ab1-5", "00000000-5ab1-5"),
    ],
)
def test_fresh_ids_are_the_same_each_time_they_are_drawn(field, first, second):
    sell = described('{ id = "s" }', field).ops[0]
    drawn = [value_of(sell, number, 7)["nr"] for number in (1, 2)]
    assert drawn == [value_of(sell, number, 0)["nr"] for number in (1, 2)]
    assert drawn[0] != drawn[1]
    assert [str(one).startswith(str(wanted)) for one, wanted in zip(drawn, (first, second), strict=True)] == [
        True,
        True,
    ]


def test_an_op_names_the_answer_to_an_earlier_one():
    steps = (Do("sell", {"nr": "s1"}), Do("sell", {"nr": "s2"}))
    assert [value_of(PAID, 3, pick, steps)["nr"] for pick in range(3)] == [
        "@sell#2:body.nr",
        "@sell#1:body.nr",
        "@sell#2:body.nr",
    ]
    calm = workload(SimpleNamespace(name="shop"), SHOP).steps
    named = [reference(step.value["nr"]) for step in calm if isinstance(step, Do) and step.f == "pay"]
    assert {one.op for one in named} == {"sell"}
    assert reference(str(AnswerReference("sell", 2, "body.nr"))) == AnswerReference("sell", 2, "body.nr")


class Api:
    """An HTTP port that numbers what is sold, and notes what it was asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def request(self, method, to, path, body, headers, *, timeout_ms):
        self.paths.append(path)
        return Response(201 if path == "/sales" else 200, {"nr": 40 + len(self.paths)})


class ClientPorts:
    def __init__(self) -> None:
        self.http = Api()


def test_the_answer_is_put_in_when_the_op_is_performed():
    ops, ports, another_run = Ops({op.name: op for op in SHOP.ops}, b""), ClientPorts(), ClientPorts()

    async def story():
        first = await ops(ports, Do("pay", {"nr": "@sell#1:body.nr"}))
        assert (first.kind, first.value) == ("fail", {"error": "no answer gave nr"})
        for number in (1, 2):
            await ops(ports, Do("sell", {"nr": f"s{number}"}))
        assert (await ops(ports, Do("pay", {"nr": "@sell#2:body.nr"}))).kind == "ok"
        assert (await ops(another_run, Do("pay", {"nr": "@sell#2:body.nr"}))).kind == "fail"

    asyncio.run(story())
    assert ports.http.paths == ["/sales", "/sales", "/sales/42/pay"]


def test_roles_see_what_the_answer_said():
    history = History()
    sold = history.add(1, "invoke", "client", "sell", {"nr": "s1"})
    history.add(2, "ok", "client", "sell", {"status": 201, "body": {"nr": 41}}, sold)
    history.add(3, "invoke", "client", "pay", {"nr": "@sell#1:body.nr"})
    assert resolved({"nr": "@sell#1:body.nr"}, answers_of(history.ops)) == {"nr": 41}
    (paid,) = asked((OpRole(op="pay", plays="begin", of="field.nr"),), Indexing({})(history))
    assert paid.of == "41"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('fields.nr = { from = "mend", answer = "body.nr" }', "no op of that name is declared before it"),
        ('fields.nr = { from = "pay", answer = "body.nr" }', "no op of that name is declared before it"),
        ('fields.nr = { from = "sell" }', "says both from .* and answer"),
        ('fields.nr = { is = "integer", id = "s" }', "either id or one_of"),
        ('fields.nr = { is = "number" }', "Invalid enum value 'number'"),
        ('fields.nr = { from = "sell", answer = "field.nr" }', "answer"),
    ],
)
def test_a_field_that_cannot_be_drawn_is_refused_in_one_line(wrong, said):
    text = SHOP_FILE.replace(
        '[[ops]]\nname = "mend"',
        PAY.partition("[[roles]]")[0].replace(ANSWERED, wrong) + '[[ops]]\nname = "mend"',
        1,
    )
    with pytest.raises(FileFormatError, match=said) as refused:
        parse(text.encode(), "shop.toml", servers())
    assert "\n" not in str(refused.value)


def test_an_id_that_an_answer_gives_gets_no_prefix():
    text = SHOP_FILE.replace('[[roles]]\nrole = "outbox"', PAY, 1).replace(
        "version = 2", 'version = 2\nid_fields = ["nr"]'
    )
    with pytest.raises(FileFormatError, match="id_fields names 'nr', which an answer gives"):
        parse(text.encode(), "shop.toml", servers())
