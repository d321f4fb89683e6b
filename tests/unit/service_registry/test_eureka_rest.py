"""The registry's REST: what a client of Eureka sends and is answered, and what becomes of late and repeated requests."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shaketable.ports import Json, Response
from shaketable_targets.discovery.eureka_json import instance_json, places_in
from shaketable_targets.discovery.registry import Registry
from shaketable_targets.discovery.replication import STAMP
from shaketable_targets.discovery.settings import DOCUMENT
from shaketable_targets.order_system.config import Config


class HandClock:
    """A monotonic clock that is moved by hand."""

    def __init__(self) -> None:
        self.ms = 0

    def monotonic_ms(self) -> int:
        return self.ms


class Alone:
    """The ports of a registry that is asked and sends nothing."""

    name = "registry-1"

    def __init__(self) -> None:
        self.clock = HandClock()


class Asked:
    """A request."""

    def __init__(self, method: str, path: str, body: Json, headers: dict[str, str]) -> None:
        self.method, self.path, self.body, self.headers = method, path, body, headers


class Desk:
    """One who asks a registry that has warmed up."""

    def __init__(self) -> None:
        ports: Any = Alone()
        self.clock: HandClock = ports.clock
        self.registry = Registry(ports, Config(), DOCUMENT)
        self.registry.knows_enough = True

    def ask(self, method: str, path: str, body: Json = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return asyncio.run(self.registry.handle(Asked(method, f"/eureka/apps{path}", body, named)))

    def registers(self, stamp: int = 0, address: str = "10.0.0.1:8080") -> Response:
        instance = instance_json("SHOP", "shop-1", address, stamp, beats_s=30, lasts_s=90)
        return self.ask("POST", "/SHOP", {"instance": instance})

    def places(self) -> list[Json]:
        return places_in(self.ask("GET", "").body)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_client_registers_heartbeats_reads_and_deregisters(desk):
    assert desk.registers().status == 204
    assert desk.ask("PUT", "/SHOP/shop-1").status == 200
    assert desk.places() == [{"id": "shop-1", "address": "10.0.0.1:8080"}]
    assert desk.ask("GET", "/SHOP").body["application"]["name"] == "SHOP"
    assert desk.ask("GET", "/SHOP/shop-1").body["instance"]["leaseInfo"]["durationInSecs"] == 90
    assert desk.ask("DELETE", "/SHOP/shop-1").status == 200
    assert (desk.places(), desk.ask("GET", "/SHOP").status) == ([], 404)


def test_who_is_not_known_is_told_so_to_register_again(desk):
    assert desk.ask("PUT", "/SHOP/shop-1").status == 404
    desk.registers(stamp=7)
    assert desk.ask("PUT", "/SHOP/shop-1", last_dirty_timestamp="8").status == 404


def test_a_registration_with_another_address_replaces_the_one_before_and_an_older_one_does_not(desk):
    desk.registers(stamp=7)
    desk.registers(stamp=8, address="10.0.0.2:8080")
    desk.registers(stamp=7)
    assert desk.places() == [{"id": "shop-1", "address": "10.0.0.2:8080"}]


def test_a_registration_that_comes_behind_the_leave_is_not_taken(desk):
    desk.ask("DELETE", "/SHOP/shop-1", **{STAMP.replace("-", "_"): "7"})
    desk.registers(stamp=7)
    assert desk.places() == []
    desk.registers(stamp=8)
    assert len(desk.places()) == 1


def test_a_client_without_stamps_may_leave_and_come_back(desk):
    desk.registers()
    desk.ask("DELETE", "/SHOP/shop-1")
    desk.registers()
    assert len(desk.places()) == 1


def test_a_lease_ends_by_the_sweep_after_it(desk):
    desk.registers()
    desk.clock.ms = 90_000
    desk.registry.sweep()
    assert len(desk.places()) == 1
    desk.clock.ms = 90_001
    desk.registry.sweep()
    assert desk.places() == []


def test_a_registry_that_has_just_started_refuses_to_list(desk):
    desk.registry.knows_enough = False
    assert desk.ask("GET", "").status == 503
