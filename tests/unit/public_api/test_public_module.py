"""`import shaketable`: one documented module, whose names are there at their first use."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import shaketable
from shaketable.components import kind
from shaketable.errors import UsageError
from tests import public_api

SOURCE = Path(shaketable.__file__)


def imported_for_type_checkers() -> dict[str, str]:
    """Return each name that a type checker sees, with the module and the name that it comes from."""
    guarded = next(node for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.If))
    assert ast.unparse(guarded.test) == "TYPE_CHECKING"
    found = {}
    for node in guarded.body:
        if isinstance(node, ast.ImportFrom):
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return found


def test_a_type_checker_sees_exactly_the_public_names():
    declared = {
        "breaker",
        "bulkhead",
        "idempotency_store",
        "lock",
        "rate_limiter",
        "retry",
        "token_verifier",
        "__version__",
    }  # the last is assigned, the others annotated
    assert set(imported_for_type_checkers()) | declared == set(shaketable.__all__)


@pytest.mark.parametrize(("name", "origin"), sorted(imported_for_type_checkers().items()))
def test_a_name_is_at_run_time_what_a_type_checker_takes_it_for(name, origin):
    module, _, attribute = origin.rpartition(".")
    assert getattr(shaketable, name) is getattr(importlib.import_module(module), attribute)


def test_no_public_name_hides_a_file_of_the_package():
    files = {module.name for module in pkgutil.iter_modules(shaketable.__path__)}
    assert len(files) > 20
    assert files & set(shaketable.__all__) == set()


def test_a_misspelt_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'shaketable' has no attribute 'certyfy'"):
        _ = shaketable.certyfy
    with pytest.raises(ImportError, match="certyfy"):
        from shaketable import certyfy  # noqa: F401


def test_dir_and_a_star_import_offer_the_public_names():
    assert set(shaketable.__all__) <= set(dir(shaketable))
    space = {}
    exec("from shaketable import *", space)
    assert set(shaketable.__all__) <= set(space)


def test_the_page_describes_exactly_the_public_names():
    assert sorted(public_api.names()) == sorted(shaketable.__all__)


def test_the_page_is_what_the_docstrings_say():
    assert public_api.PAGE.read_text() == public_api.page(), (
        "docs/public-api.md is out of date: run `python -m tests.public_api`"
    )


def test_breaker_takes_what_its_kind_declares():
    declared = inspect.signature(shaketable.Kind.__call__)
    parameters = [one for one in declared.parameters.values() if one.name != "self"]
    assert declared.replace(parameters=parameters) == inspect.signature(shaketable.breaker)
    assert declared.replace(parameters=parameters) == inspect.signature(shaketable.bulkhead)
    assert declared.replace(parameters=parameters) == inspect.signature(shaketable.lock)


def test_a_kind_that_no_package_offers_says_what_to_do(monkeypatch):
    monkeypatch.setattr(kind, "entry_points", lambda group: [])
    monkeypatch.delitem(vars(shaketable), "breaker", raising=False)
    with pytest.raises(
        UsageError, match=r"shaketable\.breaker .* shaketable_patterns does.* install it again"
    ):
        from shaketable import breaker  # noqa: F401
