"""Descriptions of the foreign systems: what they claim, what they do not, and the parts of the format that they need."""

from pathlib import Path

import pytest

from shaketable.checkers.tally import Tally
from shaketable.descriptions.description import Description, PartnerText, RouteText
from shaketable.descriptions.file import parse, read
from shaketable.descriptions.partner import Partner
from shaketable.descriptions.placeholders import environment
from shaketable.descriptions.system import system_of
from shaketable.errors import FileFormatError
from shaketable.history import History, Json
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import OpRole
from shaketable.mapping.roles import Rows
from shaketable.ports import Response
from shaketable.profile import Profile
from shaketable.real.servers.registry import servers
from shaketable.subject import System
from shaketable_patterns.described.machine import machine_of
from shaketable_patterns.described.roles import mapping_of
from shaketable_patterns.described.subject import subject_from
from shaketable_patterns.idempotency.facts import WorkReader
from shaketable_patterns.idempotency.ownership import done_records_stay
from shaketable_patterns.idempotency.promises import OWNER_ONLY
from shaketable_patterns.idempotency.roles import Keyed
from shaketable_patterns.saga.roles import Saga

TARGETS = Path(__file__).parents[3] / "target_services" / "shaketable_targets"
LOYALTY, TRIPS = TARGETS / "loyalty" / "loyalty.toml", TARGETS / "trips" / "trips.toml"
LINES_MAX = 120


def lines_of_mapping(file: Path) -> int:
    text = file.read_text()
    start = min(text.index(table) for table in ("[names]", "[[roles]]") if table in text)
    tables = (part for part in text[start:].split("\n\n") if not part.startswith(("[knobs]", "[times]")))
    return sum(len(part.splitlines()) + 1 for part in tables)


def test_the_loyalty_programme_claims_an_outbox_keys_and_a_consumer():
    pattern = subject_from(LOYALTY).pattern
    assert [promise.id for promise in pattern.promises] == [
        "OB-1", "OB-2", "OB-3", "OB-4", "OB-5", "OB-6", "OB-8", "ID-1", "ID-2", "ID-3", "ID-4", "ID-5", "ID-6",
        "PJ-1", "PJ-2", "PJ-3",
    ]  # fmt: skip
    left = {(one.promise, one.clause) for one in pattern.not_claimed}
    outbox_and_keys = {"OB-1", "OB-2", "OB-4", "OB-7", "OB-8", "ID-1", "ID-3", "ID-4"}
    read_model = {
        "PJ-1",
        "PJ-3",
        "PJ-4",
        "PJ-5",
        "PJ-6",
    }  # points are a sum that nothing asks for or builds again
    assert {promise for promise, _ in left} == outbox_and_keys | read_model
    assert ("OB-1", "a change without event rows is published") in left  # its events have rows
    assert ("ID-1", "refusals are kept") in left  # which are, no knob says
    assert (
        "ID-4",
        "a key that was given back is free",
    ) in left  # a key is stored with its outcome or not at all
    assert lines_of_mapping(LOYALTY) < LINES_MAX


def test_the_travel_agency_claims_a_saga_with_outboxes_consumers_and_letters():
    pattern = subject_from(TRIPS).pattern
    claimed = {promise.id for promise in pattern.promises}
    assert claimed >= {f"SG-{n}" for n in range(1, 8)} | {"DL-1", "DL-2", "DL-3"}
    left = {one.promise for one in pattern.not_claimed} - claimed
    assert left == {"OB-7", "ID-3", "ID-4", "ID-5", "SG-8"}  # it has no orchestrator
    assert ("SG-6", "an end is told rightly") in {(one.promise, one.clause) for one in pattern.not_claimed}
    assert lines_of_mapping(TRIPS) < LINES_MAX


@pytest.mark.parametrize("name", ["hardened.toml", "direct.toml"])
def test_the_mapping_of_the_ticket_shop_is_short(name):
    assert lines_of_mapping(TARGETS / "ticket_shop" / name) < LINES_MAX


def test_a_dual_write_described_by_roles_claims_what_is_on_the_topic():
    pattern = subject_from(TARGETS / "ticket_shop" / "direct.toml").pattern
    assert [promise.id for promise in pattern.promises] == ["OB-1", "OB-5", "BB-4"]


def edited(file: Path, old: str, new: str) -> Description:
    text = file.read_text()
    assert old in text
    return parse(text.replace(old, new, 1).encode(), "the file", servers())


def test_a_name_stands_for_its_value_in_roles_and_in_later_names():
    mapping = mapping_of(read(TRIPS, servers())[0], "the file")
    (saga,) = mapping.of(Saga)
    assert saga.consumers[0].takes.topics == ("trips",)
    assert saga.instance.rows == Rows("trips", "trips", ("id",))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('waits = ["$letter"]', 'waits = ["$lettre"]', r"'\$lettre' is no name"),
        ('rows = "$trips", of', 'rows = "$voucher", of', r"'\$voucher' is no name, or one that is declared later"),
    ],
)  # fmt: skip
def test_a_name_that_is_not_declared_before_is_told(old, new, said):
    with pytest.raises(FileFormatError, match=said):
        mapping_of(edited(TRIPS, old, new), "the file")


def test_rows_of_a_role_have_the_key_of_their_table():
    (keyed,) = mapping_of(read(LOYALTY, servers())[0], "the file").of(Keyed)
    assert keyed.store == Rows("shop", "requests", ("key",))


def test_a_worker_without_http_is_ready_when_it_runs():
    system = subject_from(LOYALTY).target
    assert isinstance(system, System)
    assert [part.ready for part in system.parts] == ["/healthz", "none"]
    with pytest.raises(FileFormatError, match="ready"):
        edited(LOYALTY, 'ready = "none"', 'ready = "when it is"')


def test_a_table_has_the_rows_that_its_description_gives_it():
    found, source = read(TRIPS, servers())
    tables = {
        table.name: table
        for spec in system_of(found, source, TRIPS.parent).databases
        for table in spec.tables
    }
    assert tables["offers"].rows[1] == {"extra": "lounge", "remaining": 1, "issued": 0}
    assert tables["trips"].rows == ()


def test_the_session_timeout_of_this_run_is_a_placeholder():
    env = environment({"SESSION": "{session_timeout_ms}"}, ("::1", 80), {}, 20, 1_000)
    assert env == {"SESSION": "1000"}


class Books:
    def __init__(self) -> None:
        self.kept: list[Json] = []

    def record(self, name: str, value: Json) -> None:
        self.kept.append(value)


class Asked:
    method, path = "POST", "/charges"

    def __init__(self, key: str, card: str) -> None:
        self.headers = {"Idempotency-Key": key}
        self.body: Json = {"card": card}


def test_a_partner_falters_so_often_and_then_decides():
    route = RouteText(
        name="charge",
        method="POST",
        path="/charges",
        keeps={"card": "body.card"},
        honours="header.idempotency-key",
        declines={"body.card": "empty"},
        falters={"body.card": ["slow", "empty"]},
        falters_times=2,
    )
    books = Books()
    bank = Partner(PartnerText(name="bank", routes=(route,)), books)

    def answers(key: str, card: str) -> list[int]:
        given: list[Response] = [bank.handle(Asked(key, card)) for _ in range(4)]  # type: ignore[arg-type]
        return [one.status for one in given]

    assert answers("k1", "slow") == [503, 503, 200, 200]
    assert answers("k2", "empty") == [503, 503, 402, 402]
    assert answers("k3", "good") == [200, 200, 200, 200]
    assert books.kept == [{"card": "slow"}, {"card": "good"}]


class Wants:
    def wants(self) -> bool:
        return True


def test_what_a_misused_key_asks_for_is_new_each_time():
    found, _ = read(LOYALTY, servers())
    bound = type("Bound", (machine_of(found, mapping_of(found, "the file")),), {"sink": Wants()})
    machine = bound()
    for pick in range(6):
        machine.op(pick)
    for pick in range(12):
        machine.misuse(pick)
    misused = [step.value for step in machine.steps[6:]]
    assert len({value["receipt"] for value in misused}) == 12
    assert {value["key"] for value in misused} <= {step.value["key"] for step in machine.steps[:6]}


def test_a_store_without_a_running_state_has_no_running_records():
    role = Keyed(store=Rows("shop", "requests", ("key",)), key="col.key", done={"col.status": "@set"})
    asks = OpRole(op="buy", plays="begin", of="field.receipt", key="field.key")
    mapping = Mapping((role, asks))
    history = History()
    for status in (None, 201):
        verb = "insert" if status is None else "update"
        writes = [[verb, "requests", {"key": "k1", "status": status}]]
        history.add(0, "effect", "till", "commit", {"db": "shop", "writes": writes})
    history.add(1, "invoke", "client", "buy", {"receipt": "p1", "key": "k1"})
    tally = Tally(OWNER_ONLY, Profile("loyalty", {}))
    done_records_stay(WorkReader(mapping, Indexing(mapping.tables()))(history), tally)
    assert tally.exercised == 1
    assert tally.judgement().findings == ()
