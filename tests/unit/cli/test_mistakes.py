"""A user's mistake is exit 2 and one line that says what to mend; no traceback, and never a pass."""

import mistaken_subjects
import msgspec
import pytest
from click.testing import CliRunner

from shaketable.cli import factory, main
from shaketable.components.scheduling import scheduler
from shaketable.components.world import ComponentWorld
from shaketable.errors import InvalidCompletion
from shaketable.report import certificate_file
from shaketable.report.console import summary_line
from shaketable.runner import execute

SAID = {
    "exits": "called sys.exit() instead of returning a subject",
    "exits_with_text": "called sys.exit('bye')",
    "ends_the_process": "called sys.exit(0)",
    "is_cancelled": "cannot be used: CancelledError",
    "is_async": "returned NoneType, not a shaketable.subject.Subject",
    "constructor_raises": "its constructor raised TypeError: it needs a name",
    "wrong_colour": "Coroutine.call returned a coroutine: declare the component as asyncio",
    "never_awaits": "NeverAwaits.call answered with a coroutine that it never awaited",
    "sync_as_asyncio": "Sync.call returned no awaitable: declare the component as sync",
    "lacks_a_method": "LacksCall has no method call, which every breaker needs",
    "component_of_chance": "two runs of one schedule differ",
    "threads": "starts a thread of its own",
    "chance": "called random.random inside the simulated world",
    "service_sleeps": "called time.sleep inside the simulated world",
    "service_exits": "called sys.exit() in a run",
    "service_cannot_be_made": "order cannot be made: its constructor raised LookupError: no such table",
}


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args])


@pytest.mark.parametrize("mistake", SAID)
def test_a_mistake_is_one_line_and_exit_2(tmp_path, mistake):
    done = run("certify", f"mistaken_subjects:{mistake}", "--runs", 20, "--out", tmp_path / "out")
    assert done.exit_code == 2, done.output
    said = [line for line in done.stderr.splitlines() if line.startswith("shaketable: ")]
    assert len(said) == 1
    assert SAID[mistake] in said[0]
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["boundaries", "certify"])
def test_a_factory_that_never_returns_is_given_up(tmp_path, monkeypatch, command):
    monkeypatch.setattr(factory, "LIMIT_S", 0.2)
    done = run(command, "mistaken_subjects:loops")
    assert done.exit_code == 2
    assert "did not return within 0.2 s" in done.stderr


def test_a_service_that_exits_in_this_process_is_exit_2_too():
    done = run("boundaries", "mistaken_subjects:service_exits")
    assert done.exit_code == 2
    assert "called sys.exit()" in done.stderr


def test_a_call_that_waits_for_something_outside_is_given_up(monkeypatch):
    monkeypatch.setattr(scheduler, "DEADLINE_S", 0.2)
    subject = mistaken_subjects.waits_for_outside()
    with pytest.raises(InvalidCompletion, match=r"did not come back within 0\.2 s of real time"):
        execute(ComponentWorld(), subject, subject.pattern.workload(subject))


def test_what_is_known_of_others_is_kept(tmp_path):
    done = run(
        "certify", "mistaken_subjects:threads", "jar_subject:sound", "--runs", 20, "--out", tmp_path / "o"
    )
    assert done.exit_code == 2
    assert "1 certified; nothing is known of 1 subject more" in done.stdout
    assert "every verdict is the expected one" not in done.stdout


def test_what_is_not_complete_is_never_as_expected(tmp_path):
    run("certify", "jar_subject:sound", "--runs", 20, "--out", tmp_path / "o")
    whole = certificate_file.load(tmp_path / "o" / "certificate.json")
    good = "every verdict is the expected one"
    assert good in str(summary_line(whole))
    for change in ({"subjects": ()}, {"interrupted": True}, {"faults": ("t: it died",)}):
        assert good not in str(summary_line(msgspec.structs.replace(whole, **change)))
