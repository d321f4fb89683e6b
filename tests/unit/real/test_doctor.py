"""What the doctor advises has to work where it is followed."""

from __future__ import annotations

import json
import os

import pytest

from shaketable.errors import HarnessError
from shaketable.real import requirement
from shaketable.real.containers import doctor

HERE = {"url": "file:///srv/a%20b/table"}


class Installed:
    """A distribution of which pip wrote down where it came from."""

    def __init__(self, origin: object) -> None:
        self._origin = origin

    def read_text(self, _: str) -> str | None:
        return json.dumps(self._origin) if self._origin else None


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (None, "pip install 'shaketable[processes]'"),
        ({**HERE, "dir_info": {}}, "pip install '/srv/a b/table[processes]'"),
        ({**HERE, "dir_info": {"editable": True}}, "pip install -e '/srv/a b/table[processes]'"),
        (
            {"url": "https://example.org/t.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            "pip install 'shaketable[processes] @ git+https://example.org/t.git'",
        ),
        (
            {"url": "https://example.org/t.whl", "archive_info": {}},
            "pip install 'shaketable[processes] @ https://example.org/t.whl'",
        ),
    ],
)
def test_an_extra_comes_from_where_the_package_came(monkeypatch, origin, command):
    monkeypatch.setattr(requirement, "distribution", lambda _: Installed(origin))
    assert requirement.how_to_install("processes") == command


@pytest.mark.parametrize(
    ("cause", "advice"), [(PermissionError(), "group docker"), (OSError(), "install Docker")]
)
def test_who_may_not_use_the_engine_is_not_told_to_install_it(monkeypatch, cause, advice):
    def refuse() -> None:
        raise HarnessError("no answer") from cause

    monkeypatch.setattr(doctor, "connect", refuse)
    engine = next(one for one in doctor.requirements(os.environ) if one.name == "Docker engine")
    assert not engine.found
    assert engine.how.count("install Docker") == (advice == "install Docker")
    assert advice in engine.how
