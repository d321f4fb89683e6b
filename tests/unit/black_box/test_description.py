"""Descriptions: what is wrong with one is said in one line, before anything is started."""

import asyncio
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from shop_history import SHOP, described

from shaketable.cli.subjects import load, select
from shaketable.descriptions.file import parse, read
from shaketable.descriptions.placeholders import environment
from shaketable.descriptions.system import system_of
from shaketable.descriptions.template import filled, filled_path
from shaketable.errors import FileFormatError, UsageError
from shaketable.explore.judge.calibration import require_promises
from shaketable.explore.judge.subject_digest import digest
from shaketable.fault import Crash, Partition, Pause
from shaketable.ports import ConnectionLost, Refused, Timeout
from shaketable.real.servers.registry import servers
from shaketable.runner import execute
from shaketable.schedule import Do
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject, System
from shaketable_patterns.black_box.machine import timed_faults, value_of
from shaketable_patterns.black_box.pattern import pattern_of
from shaketable_patterns.described.subject import subject_from

TEXT = (SHOP / "shaketable.toml").read_text()


def refusal(old: str, new: str) -> str:
    assert old in TEXT
    with pytest.raises(FileFormatError) as caught:
        parse(TEXT.replace(old, new, 1).encode(), "the file", servers())
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version = 1', 'version = 3', "version"),
        ('format = "shaketable/description"', 'format = "other"', "format"),
        ('summary =', 'sumary =', "sumary"),
        ('to = "shop"\nprotocol', 'to = "shap"\nprotocol', "'shap' is neither a part nor"),
        ('from = "client"', 'from = "cleint"', "there is no part 'cleint'"),
        ('protocol = "kafka"', 'protocol = "redis"', "kafka speaks kafka, not redis"),
        ('to = "postgres"\nprotocol = "postgresql"', 'to = "db"\nprotocol = "mysql"', "no server speaks 'mysql'; protocols are http, postgresql, kafka, redis, a"),
        ('price = "price" }', 'price = "price:numbr" }', "'numbr' is no way to read a value"),
        ('protocol = "kafka"', 'protocol = "amqp"', "docs/adding-a-server.md adds a server of another protocol"),
        ('to = "postgres"\nprotocol', 'to = "db"\nprotocol', "'db' is neither a part nor a partner nor a server (these are postgres for postgresql, kafka, redis)"),
        ('database = "tickets"\n\n[[links]]', 'database = "tickest"\n\n[[links]]', "no database 'tickest'"),
        ('"{kafka}"', '"{kafak}"', "{kafak} is none of"),
        ('"{ms:4000}"', '"{ms:4s}"', "{ms:4s} is no duration"),
        ('image = "shaketable/ticket-shop"\ncommand = ["./bin/ticket-shop"]', "", "neither an image nor"),
        ('seat = "{seat}"', 'seat = "{saet}"', "there is no field 'saet'"),
        ('fields.id = { id = "t" }', "fields.id = {}", "field id says either id or one_of"),
        ('fail = [400', 'fail = [200', "status 200 means ok or fail, not both"),
        ('topic = "ticket-events"\nkey', 'topic = "tickets"\nkey', "there is no topic 'tickets'"),
        ('table = "tickets"\ntopic', 'table = "seats"\ntopic', "has no table 'seats'"),
        ('id_fields = ["id"]', 'id_fields = ["ids"]', "id_fields names 'ids'"),
        ('name = "shop"\n', 'name = "kafka"\n', "two of part 'kafka'"),
        ('name = "shop"\n', 'name = "shop"\nrole = "kafka"\n', "its role 'kafka' is the name of a party"),
        ('name = "shop"\n', 'name = "shop"\nreplicas = 2\nrole = "shops"\n', "part shop: with replicas its role is its name"),
        ('name = "shop"\n', 'name = "shop"\nreplicas = 10\n', "Expected `int` <= 9"),
        ('[[parts]]\nname = "shop"\n', '[[parts]]\nname = "shop-2"\ncommand = ["x"]\n[[parts]]\nname = "shop"\nreplicas = 2\n', "two of part 'shop-2'"),
        ('path = "/tickets"', 'path = "tickets"', "path"),
        ('quiet_ms = 10000', 'quiet_ms = 4000', "nothing moves for 4000 ms"),
        ('quiet_ms = 10000', 'quiet_ms = 10000\nsession_timeout_ms = 11000', "nothing moves for 11000 ms"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(old, new, said):
    assert said in refusal(old, new)


def test_replicas_of_a_part_are_processes_behind_its_name():
    found = parse(
        TEXT.replace('name = "shop"\n', 'name = "shop"\nreplicas = 2\n', 1).encode(), "x", servers()
    )
    system = system_of(found, b"", SHOP)
    shops = [part for part in system.parts if part.role == "shop"]
    assert [part.name for part in shops] == ["shop-1", "shop-2"]
    assert len({(part.command, part.database, tuple(part.env.items())) for part in shops}) == 1
    faults = [timed_faults(found).fault(pick) for pick in range(2_000)]
    struck = {fault.service for fault in faults if isinstance(fault, Crash)}
    assert {"shop", "shop-1", "shop-2", "postgres"} <= struck
    cut_off = {fault.parties for fault in faults if isinstance(fault, Partition)}
    assert {("client", "shop"), ("client", "shop-1"), ("client", "shop-2")} <= cut_off
    assert {fault.service for fault in faults if isinstance(fault, Pause)} >= {"shop-1", "shop-2"}


def test_garbage_and_things_that_are_no_files_are_refused(tmp_path):
    for data in (b"", b"\x00\xff", b"[" * 50_000, b"a = 1", "ä".encode("latin-1")):
        with pytest.raises(FileFormatError):
            parse(data, "the file", servers())
        with pytest.raises(FileFormatError):
            parse(data, "the file", servers(), toml=False)
    for path in (tmp_path, tmp_path / "none.toml", Path("/dev/null")):
        with pytest.raises(FileFormatError):
            read(path, servers())


def test_the_same_description_may_be_json(tmp_path):
    import tomllib

    file = tmp_path / "shop.json"
    file.write_bytes(msgspec.json.encode(tomllib.loads(TEXT)))
    assert read(file, servers())[0] == read(SHOP / "shaketable.toml", servers())[0]


def test_only_promises_that_can_be_judged_may_be_asked_for():
    found = parse(TEXT.encode(), "the file", servers())
    one = pattern_of(msgspec.structs.replace(found, promises=("BB-2",)))
    assert [p.id for p in one.promises] == ["BB-2"]
    with pytest.raises(FileFormatError, match="promise 'OB-1' cannot be judged here"):
        pattern_of(msgspec.structs.replace(found, promises=("OB-1",)))
    without = tuple(msgspec.structs.replace(op, leaves=None) for op in found.ops)
    nothing = pattern_of(msgspec.structs.replace(found, observe=(), ops=without))
    assert nothing.promises == ()
    with pytest.raises(UsageError, match="no promise to judge"):
        require_promises(replace(load(str(SHOP / "shaketable.toml")), pattern=nothing))


def test_a_description_is_a_subject_of_the_command_line():
    file = str(SHOP / "hardened.toml")
    assert load(file).name == "ticket-shop/hardened"
    assert [(c.subject.name, c.spec) for c in select([file])] == [("ticket-shop/hardened", file)]
    with pytest.raises(UsageError, match="is no file"):
        load("no/such/file.toml")


def test_a_black_box_cannot_be_simulated():
    subject = described()
    with pytest.raises(UsageError, match="--world processes or --world containers"):
        execute(SimWorld(), subject, subject.pattern.workload(subject))


def test_the_digest_follows_the_description():
    assert digest(described()) == digest(described())
    assert digest(described()) != digest(described("hardened.toml"))


def interpreted(folder: Path) -> Subject:
    """Write the shop as a script of an interpreter that a virtual environment links to."""
    (folder / "python").symlink_to(sys.executable)
    (folder / "shop.py").write_text("answer = 1")
    text = TEXT.replace('["./bin/ticket-shop"]', '["./python", "shop.py"]', 1)
    (folder / "shop.toml").write_text(text)
    return subject_from(folder / "shop.toml")


def test_a_command_runs_in_the_folder_of_its_description_by_the_very_path_that_it_names(tmp_path):
    target = interpreted(tmp_path).target
    assert isinstance(target, System)
    assert target.parts[0].command == (str(tmp_path / "python"), "shop.py")
    assert target.parts[0].folder == str(tmp_path)


def test_the_digest_follows_the_script_that_a_command_names(tmp_path):
    subject = interpreted(tmp_path)
    before = digest(subject)
    (tmp_path / "shop.py").write_text("answer = 2")
    assert digest(subject) != before


def test_placeholders_are_filled_with_edges_and_real_milliseconds():
    env = {
        "URL": "pg://u@{postgres}/db",
        "HOST": "{data_base_host}",
        "PORT": "{http_port}",
        "WAIT": "{ms:4000}",
        "AT_LEAST": "{ms:1}",
        "JSON": "{{}}",
    }
    edges = {"postgres": ("127.0.0.1", 5), "data-base": ("::1", 6)}
    assert environment(env, ("127.0.0.1", 80), edges, scale=20) == {
        "URL": "pg://u@127.0.0.1:5/db",
        "HOST": "::1",
        "PORT": "80",
        "WAIT": "200",
        "AT_LEAST": "1",
        "JSON": "{}",
    }
    with pytest.raises(UsageError, match=r"asks for \{redis\}"):
        environment({"X": "{redis}"}, ("127.0.0.1", 80), edges, scale=1)


def test_templates_keep_types_and_escape_paths():
    value = {"id": "a/b?c", "price": 7}
    assert filled({"x": ["{price}", "{id}-{price}"], "{id}": None}, value) == {
        "x": [7, "a/b?c-7"],
        "a/b?c": None,
    }
    assert filled_path("/t/{id}/{price}", value) == "/t/a%2Fb%3Fc/7"


@dataclass
class Answer:
    status: int
    body: object = None


class Client:
    """Ports with an HTTP client that answers, or raises, what the test says."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.http = self
        self.asked: tuple[object, ...] = ()
        self._answer = answer

    async def request(self, method, service, path, body=None, headers=None, *, timeout_ms):
        self.asked = (method, service, path, body, headers, timeout_ms)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(201), "ok"), (Answer(200), "ok"), (Answer(409), "fail"), (Answer(503), "info"), (Answer(404), "info"),
        (Refused(), "fail"), (Timeout(), "info"), (ConnectionLost(), "info"),
    ],
)  # fmt: skip
def test_an_answer_means_what_the_description_says(answer, kind):
    system = described().target
    assert isinstance(system, System)
    client = Client(answer)
    done = asyncio.run(system.perform(client, Do("sell", {"id": "t1", "seat": "3A", "price": 20})))  # type: ignore[arg-type]
    assert done.kind == kind
    assert client.asked == ("POST", "shop", "/tickets", {"id": "t1", "seat": "3A", "price": 20}, {}, 20_000)


def test_an_op_that_is_not_declared_or_lacks_a_field_is_a_mistake_of_the_schedule():
    system = described().target
    assert isinstance(system, System)
    for do in (Do("buy"), Do("sell", {"id": "t1"}), Do("sell")):
        with pytest.raises(UsageError):
            asyncio.run(system.perform(Client(Answer(200)), do))  # type: ignore[arg-type]


def test_values_and_faults_are_drawn_from_what_is_declared():
    found = parse(TEXT.encode(), "the file", servers())
    assert value_of(found.ops[0], 3, 4) == {"id": "t3", "seat": "3A", "price": 55}
    victims = {name for pick in range(2_000) for name in _victims(timed_faults(found).fault(pick * 7919))}
    assert victims == {"client", "shop", "postgres", "kafka"}


def _victims(fault):
    return (fault.service,) if hasattr(fault, "service") else (fault.sender, fault.receiver)


def with_a_second_shop(role: str) -> bytes:
    start, end = TEXT.index("[[parts]]"), TEXT.index('[[links]]\nfrom = "shop"')
    first = TEXT[start:end].replace('name = "shop"', f'name = "shop"\nrole = "{role}"', 1)
    second = f'[[parts]]\nname = "shop-2"\nrole = "{role}"\ncommand = ["./bin/ticket-shop"]\n\n'
    return TEXT.replace(TEXT[start:end], second + first, 1).encode()


def test_replicas_share_the_role_that_names_their_boundaries():
    system = system_of(parse(with_a_second_shop("till"), "the file", servers()), b"", SHOP)
    assert [(one.name, one.role) for one in system.parts] == [("shop-2", "till"), ("shop", "till")]


def test_a_part_cannot_be_called_what_several_are_together():
    with pytest.raises(FileFormatError, match="its role 'shop' is the name of a party"):
        parse(with_a_second_shop("shop"), "the file", servers())
