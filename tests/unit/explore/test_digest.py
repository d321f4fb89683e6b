"""What a digest speaks of."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from counter_subject import counter

from shaketable.explore.judge.subject_digest import digest, sources
from shaketable.subject import Component, ComponentContext, Subject

BREAKER = "from breaker_parts import LIMIT\n\nclass Breaker:\n    def limit(self):\n        return helper()\n\ndef helper():\n    import json\n    return LIMIT\n"


@pytest.fixture
def user_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "breaker_parts.py").write_text("LIMIT = 3\n")
    (tmp_path / "user_breaker.py").write_text(BREAKER)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("user_breaker", "breaker_parts"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path / "user_breaker.py"


def subject_of(make: Callable[[], object]) -> Subject:
    def opened(context: ComponentContext) -> object:
        return (make(), context)

    return replace(counter(), target=Component(opened))  # type: ignore[arg-type]


def test_the_class_behind_a_factory_is_reached(user_module: Path) -> None:
    module = importlib.import_module("user_breaker")
    assert "user_breaker" in sources(subject_of(module.Breaker))
    assert "user_breaker" in sources(subject_of(lambda: module.Breaker()))


def test_a_changed_source_changes_the_digest(user_module: Path) -> None:
    subject = subject_of(importlib.import_module("user_breaker").Breaker)
    before = digest(subject)
    assert digest(subject) == before
    user_module.write_text(BREAKER + "# a change\n")
    assert digest(subject) != before


def test_neither_the_standard_library_nor_the_harness_counts() -> None:
    reached = sources(counter())
    assert set(reached) == {"counter_subject"}


def test_the_ports_that_a_service_imports_belong_to_the_harness(user_module: Path) -> None:
    user_module.write_text(
        "from shaketable.ports import Ports, Refused, Response\n\n"
        "class Breaker:\n    def __init__(self, ports: Ports) -> None:\n        self.told = Response(200)\n\n"
        "    def call(self):\n        raise Refused\n"
    )
    module = importlib.import_module("user_breaker")
    assert set(sources(subject_of(module.Breaker))) == {"user_breaker", __name__, "counter_subject"}


def test_a_digest_is_sixty_four_hex_digits() -> None:
    assert len(digest(counter())) == 64
    assert int(digest(counter()), 16)
