"""The parts of the shop's gateway: what its verifier answers to every situation, how it reads paths, and whose turn it is."""

import pytest

from shaketable_patterns.shop_gateway.profile import CONFIG
from shaketable_patterns.shop_gateway.tokens import (
    EARLY,
    EXPIRED,
    KEYS,
    KNOBS,
    attacks,
    due,
    fits_a_header,
    token_of,
    unusual,
)
from shaketable_patterns.shop_gateway.values import ODD_PATHS, PLAIN_PATHS
from shaketable_targets.shop_gateway.bearer import BearerVerifier
from shaketable_targets.shop_gateway.config import GatewayConfig
from shaketable_targets.shop_gateway.paths import OddPath, canonical
from shaketable_targets.shop_gateway.ring import Ring
from shaketable_targets.token_verifiers.settings import Refused


class At:
    """A clock that stands still."""

    def __init__(self, time_s):
        self._time_s = time_s

    def time_s(self):
        return self._time_s


@pytest.mark.parametrize("key", KEYS)
def test_the_verifier_answers_each_situation_as_a_verifier_must(key):
    verifier = BearerVerifier(At(1_800_000_000), CONFIG.settings)
    verifier.trust(dict(CONFIG.keys))
    wrong = []
    kinds = [kind for room in attacks(key) for kind in room if kind != "no-token"]
    for kind in (*kinds, *unusual(key)):
        if not fits_a_header(kind, key):
            continue
        try:
            said = verifier.verify(token_of(kind, key, "ann"))["sub"]
        except Refused:
            said = None
        if said != ("ann" if due(kind) == "accept" else None):
            wrong.append((kind, said))
    assert wrong == []
    assert len(kinds) > 300
    assert {due(kind) for kind in (EXPIRED, EARLY)} == {"refuse"}
    assert KNOBS.unfit_keys == "refused"


def test_a_path_is_read_once_or_refused():
    read = {}
    for path in (*PLAIN_PATHS, *ODD_PATHS):
        try:
            read[path] = canonical(path)
        except OddPath:
            read[path] = ""
    assert {path for path, said in read.items() if said == path} == set(PLAIN_PATHS)
    assert {path: said for path, said in read.items() if said not in ("", path)} == {
        "/orders/../stock": "/stock",
        "/orders/./archive": "/orders/archive",
        "/orders/%2e%2e/stock": "/stock",
        "//stock": "/stock",
        "/orders//archive": "/orders/archive",
        "/orders/%61rchive": "/orders/archive",
        "/ordersarchive/../orders/archive": "/orders/archive",
    }
    assert all(canonical(said) == said for said in read.values() if said)


def test_each_instance_has_its_turn_and_those_that_are_down_only_where_all_are():
    ring = Ring(("a", "b", "c"))
    assert [ring.next() for _ in range(4)] == ["a", "b", "c", "a"]
    ring.down("b")
    assert [ring.next() for _ in range(2)] == ["c", "a"]
    ring.list(("b",))
    assert [ring.next(), ring.next(without=["b"])] == ["b", ""]


def test_the_settings_of_a_gateway_survive_their_way_through_an_environment():
    assert GatewayConfig.from_json(CONFIG.to_json()) == CONFIG
