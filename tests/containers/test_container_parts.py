"""Parts of the world of containers that need no engine: ownership, free networks, image names, recipes."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shaketable.errors import HarnessError, UsageError
from shaketable.real.containers.images import TABLE, overrides
from shaketable.real.containers.network import Subnet, free_subnet, routes
from shaketable.real.containers.owner import OWNER, PLACE, is_abandoned, this_command
from shaketable.real.containers.services import packages

IMAGES = Path(__file__).parents[2] / "images"


def module(name: str):
    """Load a program of `images/`, which is no package."""
    sys.path.insert(0, str(IMAGES))
    try:
        spec = importlib.util.spec_from_file_location(f"images_{name}", IMAGES / f"{name}.py")
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
    finally:
        sys.path.remove(str(IMAGES))
    return loaded


def test_what_a_living_command_owns_is_not_abandoned():
    assert not is_abandoned(this_command().labels)
    assert this_command().run != this_command().run


def test_what_a_dead_command_owned_is_abandoned():
    labels = this_command().labels
    pid, started = labels[OWNER].split(":")
    assert is_abandoned(labels | {OWNER: f"4194000:{started}"})
    assert is_abandoned(labels | {OWNER: f"{pid}:{int(started) - 1}"})  # its number is another process's now


def test_what_cannot_be_judged_from_here_is_left_alone_and_what_an_earlier_boot_left_is_not():
    labels = this_command().labels | {OWNER: "4194000:1"}
    boot, _, _ = labels[PLACE].partition(" ")
    assert not is_abandoned(labels | {PLACE: f"{boot} pid:[1]"})
    assert is_abandoned(labels | {PLACE: f"another-boot {os.readlink('/proc/self/ns/pid')}"})
    assert not is_abandoned({})
    assert not is_abandoned({OWNER: "1:2"})
    assert not is_abandoned({OWNER: "rm -rf:x", PLACE: labels[PLACE]})


def test_a_network_overlaps_with_no_route_of_this_machine():
    table = (
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000080FF\t0\t0\t0\n"
    )
    taken = routes(table)
    assert taken == [Subnet("10.0.0.0/9")]
    for _ in range(20):
        found = free_subnet(taken)
        assert not found.overlaps(taken[0])
        assert found.is_private
    with pytest.raises(HarnessError, match="no address"):
        free_subnet([Subnet("10.0.0.0/8")])


def test_the_environment_names_other_images():
    assert overrides({"SHAKETABLE_IMAGE_KAFKA": "ours/kafka", "SHAKETABLE_IMAGE_REDIS": ""}) == {
        "kafka": "ours/kafka"
    }
    assert all(names.local.startswith("shaketable/") for names in TABLE.values())


def test_the_code_of_an_entry_is_found_by_its_top_package():
    assert packages(["tests.processes.tiny_service", "shaketable"]) == [
        Path(__file__).parents[2] / "harness" / "shaketable",
        Path(__file__).parents[2] / "tests",
    ]
    with pytest.raises(UsageError, match="no_such_package"):
        packages(["no_such_package.app"])


def test_no_recipe_names_a_host():
    allowed = {"http://maven.apache.org/POM/4.0.0"}  # a name space, not an address
    found = {
        word
        for path in IMAGES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        for word in re.findall(r"https?://[^\s\"'<>]+", path.read_text())
    }
    assert found <= allowed


def test_a_recipe_has_another_digest_when_something_of_it_changes(monkeypatch):
    recipe = module("recipe")
    before = {name: recipe.digest_of(name) for name in recipe.NAMES}
    assert before == {name: recipe.digest_of(name) for name in recipe.NAMES}
    assert len(set(before.values())) == len(before)
    monkeypatch.setattr(recipe, "_requirements", lambda: ["something-else"])
    after = {name: recipe.digest_of(name) for name in recipe.NAMES}
    assert {name for name in before if before[name] != after[name]} == {"services"}


def test_the_image_of_the_services_can_run_their_zygote(tmp_path):
    module("recipe").fill("services", tmp_path)
    code = tmp_path / "code"
    program = f"import sys; sys.path.insert(0, {str(code)!r}); import shaketable.real.zygote as z; print(z.__file__)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str(code / "shaketable" / "real" / "zygote.py"), done.stderr


def test_the_image_of_the_services_has_all_that_they_import_of_ours(tmp_path):
    module("recipe").fill("services", tmp_path)
    code = tmp_path / "code"
    imported = "import shaketable_targets.order_system.app, shaketable.ports"
    program = f"import sys; sys.path.insert(0, {str(code)!r}); {imported}; print(shaketable.ports.__file__)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str(code / "shaketable" / "ports.py"), done.stderr


def test_the_image_of_the_services_has_all_that_their_http_client_looks_for():
    required = {re.match(r"[\w-]+", one).group() for one in module("recipe")._requirements()}
    assert {"httpx", "sniffio", "uvicorn"} <= required


def test_the_mirror_is_the_one_this_machine_uses(monkeypatch, tmp_path):
    base = module("base")
    (tmp_path / "sources.list.d").mkdir()
    monkeypatch.setattr(base, "_APT", tmp_path)
    assert list(base.mirrors()) == []
    (tmp_path / "sources.list").write_text(
        "# deb mirror:/old bookworm main\n"
        "deb-src mirror:/sources bookworm main\n"
        "deb [signed-by=/key] mirror:/one bookworm main contrib\n"
        "deb mirror:/security bookworm-security main\n"
    )
    assert list(base.mirrors()) == ["mirror:/one"]
    (tmp_path / "sources.list.d" / "debian.sources").write_text(
        "Types: deb\n# a note\nURIs: mirror:/two\nSuites: bookworm bookworm-updates\nComponents: main\n\n"
        "Types: deb\nURIs: mirror:/three\nSuites: nodistro\nComponents: main\n"
    )
    assert list(base.mirrors()) == ["mirror:/one", "mirror:/two"]
