"""A part that does not come up is its owner's matter: told by name, with how it ended, its last lines and what to do."""

import asyncio

import pytest

from shaketable.errors import HarnessError, PartNotStarted
from shaketable.real.bounded_waits import WaitExpired
from shaketable.real.stack.part_starter import PartStarter
from shaketable.subject import Part

LOG = "its log ends with\n  connecting to shop_db\n  \x1b[31mno such database"


class OnePart:
    """A launcher of one part that starts and does as it is told; nothing answers where it should listen."""

    def __init__(self, *, ended: str = "", start_again: Exception | None = None) -> None:
        self._ended = ended
        self._start_again = start_again

    def address(self, party):
        return "127.0.0.1", 1  # nothing listens there: a connect is refused

    async def start_service(self, part, env):
        assert env == {"WHO": part.name}

    async def start_again(self, party):
        if self._start_again is not None:
            raise self._start_again

    async def why_ended(self, party):
        return self._ended

    async def log_tail(self, party):
        return LOG


def shop(**what):
    return Part("shop", lambda _: None, **(what or {"command": ("shop",)}))


def told(launcher, *, again=False, part=None):
    starts = PartStarter(launcher, [part or shop()], ready_within_s=0.05)
    with pytest.raises(HarnessError) as raised:
        asyncio.run(starts.start_again("shop") if again else starts.start_all({"shop": {"WHO": "shop"}}))
    return raised.value


def test_a_part_that_ends_at_its_start_is_told_with_how_it_ended_and_its_last_lines():
    error = told(OnePart(ended=f"shop ended with status 3; {LOG}"))
    assert isinstance(error, PartNotStarted)
    assert str(error) == "shop did not start: ended with status 3; its log ends with"
    assert error.__notes__[:2] == LOG.splitlines()[1:]
    assert "see its image, command and env" in error.__notes__[-1]


def test_a_part_that_never_answers_its_healthz_is_told_with_what_was_seen_instead():
    error = told(OnePart())
    assert isinstance(error, PartNotStarted)
    assert "shop did not start: GET /healthz at 127.0.0.1:" in str(error)
    assert "but ConnectionRefusedError" in str(error)
    assert "  connecting to shop_db" in error.__notes__
    assert "listen at {http_host} and {http_port}" in error.__notes__[-1]


def test_a_part_that_does_not_survive_its_return_is_told_that_nothing_starts_it_once_more():
    ended = f"shop ended with status 1; {LOG}"
    error = told(OnePart(ended=ended, start_again=HarnessError(ended)), again=True)
    assert isinstance(error, PartNotStarted)
    assert str(error).startswith("shop did not come back after an outage: ended with status 1")
    assert error.__notes__[-1].startswith("nothing here starts it once more")


def test_a_part_that_listens_no_more_after_its_return_is_not_ready():
    error = told(OnePart(start_again=WaitExpired("waited 20 s")), again=True)
    assert isinstance(error, PartNotStarted)
    assert "does not listen; its log ends with" in str(error)


def test_a_launcher_that_fails_is_not_the_part_s_fault():
    error = told(OnePart(start_again=HarnessError("the supervisor has ended")), again=True)
    assert not isinstance(error, PartNotStarted)
    assert str(error) == "the supervisor has ended"


def test_a_service_with_an_entry_is_told_which_variables_it_was_given():
    assert "HTTP_HOST and HTTP_PORT" in told(OnePart(), part=shop(entry="a.b:c")).__notes__[-1]


def test_a_part_that_is_ready_when_it_listens_is_told_that_it_does_not():
    error = told(OnePart(), part=shop(command=("shop",), ready="port"))
    assert "shop did not start: nothing listened at 127.0.0.1:1" in str(error)
    assert error.__notes__[-1].endswith("it has to listen at {http_host} and {http_port}")


def test_a_part_without_http_is_ready_when_it_runs():
    worker = shop(command=("shop",), ready="none")
    asyncio.run(PartStarter(OnePart(), [worker]).start_all({"shop": {"WHO": "shop"}}))
    assert "ended with status 3" in str(told(OnePart(ended="shop ended with status 3"), part=worker))


def test_a_path_of_its_own_tells_that_a_part_is_ready():
    assert "GET /ready at 127.0.0.1:" in str(told(OnePart(), part=shop(command=("shop",), ready="/ready")))


def test_a_server_is_ready_when_its_launcher_says_so():
    asyncio.run(PartStarter(OnePart(), [shop()]).start_again("postgres"))


def test_a_worker_is_ready_once_its_group_has_a_member_for_each_part_of_it():
    counted = []

    async def members(part):
        counted.append(part.group)
        return len(counted) - 1

    parts = [Part(name, lambda _: None, command=("work",), ready="group:books") for name in ("one", "two")]
    starts = PartStarter(OnePart(), parts, members, ready_within_s=5)
    asyncio.run(starts.start_all({part.name: {"WHO": part.name} for part in parts}))
    assert len(counted) >= 3, "a group of one is not enough for two parts"
    counted.clear()
    asyncio.run(starts.start_again("one"))
    assert not counted, "after an outage it is ready as soon as it runs"


def test_a_worker_that_is_in_no_group_is_told_with_the_members_that_there_are():
    async def members(_):
        return 1

    parts = [Part(name, lambda _: None, command=("work",), ready="group:books") for name in ("one", "two")]
    starts = PartStarter(OnePart(), parts, members, ready_within_s=0.05)
    with pytest.raises(
        PartNotStarted, match=r"1 members were let into consumer group 'books' in 0\.05 s, and 2"
    ) as raised:
        asyncio.run(starts.start_all({part.name: {"WHO": part.name} for part in parts}))
    assert raised.value.__notes__[-1].endswith("it has to join the consumer group 'books'")
