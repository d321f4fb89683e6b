"""EC-1 to EC-5 on handwritten histories: each anomaly red, and what a correct system may do green."""

from __future__ import annotations

from shaketable.checker import judge
from shaketable.history import History, Json
from shaketable_patterns.price_copies.profile import AVAILABLE, CONSISTENT, CONVERGE_MS
from shaketable_patterns.price_copies.subjects import hardened
from shaketable_targets.price_copies.schema import COPIES

_CHECKERS = {subject.profile.name: subject.pattern.checkers for subject in hardened()}


class Story:
    """A history under construction: of one product, the lamp."""

    def __init__(self) -> None:
        self.history = History()
        self.now_ms = 0
        for copy in COPIES:
            rows = [{"product": "lamp", "price": 1, "version": 0}]
            self.add("state", "postgres", "rows", {"db": copy, "table": "prices", "rows": rows})
        self.add("phase", "harness", "safety")

    def add(self, kind: str, process: str, name: str, value: Json = None, ref: int = -1) -> int:
        return self.history.add(self.now_ms, kind, process, name, value, ref)  # type: ignore[arg-type]

    def wait(self, ms: int) -> Story:
        self.now_ms += ms
        return self

    def has(self, copy: str, price: int, version: int) -> Story:
        row = {"product": "lamp", "price": price, "version": version}
        self.add("effect", copy, "commit", {"db": copy, "writes": [["update", "prices", row]]})
        return self

    def drops(self, copy: str) -> Story:
        row = {"product": "lamp"}
        self.add("effect", copy, "commit", {"db": copy, "writes": [["delete", "prices", row]]})
        return self

    def all_have(self, price: int, version: int) -> Story:
        for copy in COPIES:
            self.has(copy, price, version)
        return self

    def asked(self, name: str, copy: str, reader: str, **said: Json) -> int:
        return self.add("invoke", "client", name, {"reader": reader, "product": "lamp", "copy": copy, **said})

    def write(self, copy: str, price: int, version: int, reader: str = "ann") -> Story:
        at = self.asked("write", copy, reader, price=price)
        body = {"product": "lamp", "price": price, "version": version, "age_ms": 0}
        self.add("ok", "client", "write", {"status": 200, "body": body}, at)
        return self

    def read(self, copy: str, version: int, age_ms: int | None = 60_000, reader: str = "ann") -> Story:
        at = self.asked("read", copy, reader)
        body = {"product": "lamp", "price": 0, "version": version, "age_ms": age_ms}
        self.wait(10).add("ok", "client", "read", {"status": 200, "body": body}, at)
        return self

    def refused(self, copy: str) -> Story:
        at = self.asked("read", copy, "ann")
        self.wait(10).add("fail", "client", "read", {"status": 503}, at)
        return self

    def cut_off(self, copy: str, for_ms: int) -> Story:
        for other in COPIES:
            if other != copy:
                for pair in ((copy, other), (other, copy)):
                    value = {"sender": pair[0], "receiver": pair[1], "for_ms": for_ms}
                    self.add("fault", "harness", "partition", value)
        return self

    def busy(self, late_ms: int) -> Story:
        self.add("phase", "harness", "busy", {"late_ms": late_ms, "waiting": 1.0})
        return self

    def found(self, profile=AVAILABLE) -> set[tuple[str, str]]:
        """Let all become quiet, and return what is found."""
        self.wait(1_000).add("phase", "harness", "liveness")
        self.add("phase", "harness", "quiet", {"quiet": True})
        judged = judge(_CHECKERS[profile.name], self.history, profile)
        return {(f.promise, f.anomaly) for judgement in judged for f in judgement.findings}


def test_copies_that_agree_and_readers_who_see_what_they_wrote():
    story = Story().has("copy-a", 5, 11).write("copy-a", 5, 11).read("copy-a", 11).wait(500)
    assert story.has("copy-b", 5, 11).has("copy-c", 5, 11).wait(100).read("copy-a", 11).found() == set()


def test_copies_that_differ_when_all_is_quiet():
    assert Story().has("copy-a", 5, 11).write("copy-a", 5, 11).found() == {("EC-1", "copies-differ")}


def test_copies_that_agree_late():
    story = Story().has("copy-a", 5, 11).write("copy-a", 5, 11).wait(CONVERGE_MS + 1).all_have(5, 11)
    assert story.found() == {("EC-1", "converged-late")}


def test_a_copy_that_drops_what_the_others_keep():
    story = Story().all_have(5, 11).write("copy-a", 5, 11).drops("copy-b")
    assert story.found() == {("EC-1", "copies-differ")}


def test_copies_that_all_drop_a_row_agree_and_may_take_it_up_again():
    story = Story().all_have(5, 11).write("copy-a", 5, 11)
    for copy in COPIES:
        story.drops(copy)
    assert story.found() == set()
    again = Story().all_have(5, 11).write("copy-a", 5, 11).drops("copy-b").has("copy-b", 5, 11)
    assert again.found() == set()


def test_a_copy_that_drops_a_row_and_takes_up_an_older_one_goes_back():
    story = (
        Story()
        .all_have(5, 21)
        .write("copy-a", 5, 21)
        .drops("copy-b")
        .has("copy-b", 1, 0)
        .has("copy-b", 5, 21)
    )
    assert story.found() == {("EC-1", "newer-undone")}


def test_a_write_that_was_acknowledged_and_is_nowhere():
    assert Story().write("copy-a", 5, 11).found() == {("EC-1", "write-lost")}


def test_a_write_that_lost_against_one_that_was_under_way_too_is_not_lost():
    at = (story := Story()).asked("write", "copy-a", "ann", price=5)
    story.all_have(7, 12)
    body = {"product": "lamp", "price": 5, "version": 11, "age_ms": 0}
    story.add("ok", "client", "write", {"status": 200, "body": body}, at)
    assert story.found() == set()


def test_a_copy_that_goes_back():
    found = (
        Story().has("copy-a", 5, 21).has("copy-a", 4, 12).has("copy-b", 4, 12).has("copy-c", 4, 12).found()
    )
    assert found == {("EC-1", "newer-undone")}


def test_a_reader_who_sees_an_older_value_than_before():
    story = Story().all_have(5, 11).read("copy-a", 11).read("copy-b", 0)
    assert story.found() == {("EC-2", "went-back")}


def test_two_readers_may_see_different_values():
    assert Story().all_have(5, 11).read("copy-a", 11).read("copy-b", 0, reader="bob").found() == set()


def test_a_reader_who_does_not_see_what_it_wrote():
    story = Story().all_have(5, 11).write("copy-a", 5, 11).read("copy-b", 0)
    assert story.found() == {("EC-3", "own-write-unseen")}


def test_an_answer_that_is_stale_in_calm():
    story = (
        Story().all_have(5, 11).write("copy-a", 5, 11).wait(CONVERGE_MS + 1).read("copy-b", 0, reader="bob")
    )
    assert story.found() == {("EC-4", "stale-read")}


def test_a_strong_answer_that_is_stale():
    story = Story().all_have(5, 11).write("copy-a", 5, 11).wait(5).read("copy-b", 0, reader="bob")
    assert story.found(CONSISTENT) == {("EC-4", "stale-strong-read")}


def test_an_age_that_is_too_small():
    story = Story().all_have(5, 11).write("copy-a", 5, 11).wait(1_000).read("copy-b", 0, 500, reader="bob")
    assert story.found() == {("EC-5", "age-understated")}


def test_an_age_that_is_large_enough():
    story = Story().all_have(5, 11).write("copy-a", 5, 11).wait(1_000).read("copy-b", 0, 1_001, reader="bob")
    assert story.found() == set()


def cut_off() -> Story:
    return Story().wait(CONVERGE_MS).cut_off("copy-a", 5_000).wait(1_000)


def test_a_minority_that_answers_although_it_is_declared_to_refuse():
    assert cut_off().read("copy-a", 0).found(CONSISTENT) == {("EC-5", "answered-in-minority")}


def test_a_minority_that_refuses_as_it_is_declared_to():
    assert cut_off().refused("copy-a").read("copy-b", 0).found(CONSISTENT) == set()


def test_a_minority_that_refuses_although_it_is_declared_to_answer():
    assert cut_off().refused("copy-a").found() == {("EC-5", "refused-while-cut-off")}


def test_a_minority_that_does_not_say_how_old():
    assert cut_off().read("copy-a", 0, None).found() == {("EC-5", "says-no-age")}


def test_one_copy_that_still_reaches_another_is_no_minority():
    story = Story().wait(CONVERGE_MS)
    for pair in (("copy-a", "copy-b"), ("copy-b", "copy-a")):
        story.add("fault", "harness", "partition", {"sender": pair[0], "receiver": pair[1], "for_ms": 5_000})
    assert story.wait(1_000).read("copy-a", 0).found(CONSISTENT) == set()


def test_a_write_that_lost_against_one_that_was_never_acknowledged_is_not_lost():
    story = Story()
    story.asked("write", "copy-c", "cid", price=7)
    assert story.has("copy-c", 7, 13).wait(100).write("copy-a", 5, 11).all_have(7, 13).found() == set()


def test_a_write_that_lost_against_an_older_one_at_its_own_copy_is_lost():
    story = (
        Story().has("copy-a", 5, 91).write("copy-a", 5, 91).wait(100).write("copy-a", 6, 41).all_have(5, 91)
    )
    assert story.found() == {("EC-1", "write-lost")}


def test_copies_that_a_machine_lets_do_nothing_until_the_end_are_not_blamed_for_their_lag():
    def told_late(late_ms):
        return Story().has("copy-a", 5, 11).write("copy-a", 5, 11).wait(5_000).busy(late_ms).found()

    assert told_late(3_000) == set()
    assert told_late(300) == {("EC-1", "copies-differ")}


def test_copies_that_had_their_time_after_a_busy_moment_are_blamed():
    story = Story().has("copy-a", 5, 11).write("copy-a", 5, 11).busy(3_000).wait(CONVERGE_MS)
    assert story.found() == {("EC-1", "copies-differ")}


def test_a_refusal_behind_a_time_out_on_a_machine_that_lets_nothing_go_on_is_no_choice():
    def refused_after(wait_ms):
        story = Story().cut_off("copy-a", 30_000).wait(1_000)
        at = story.asked("read", "copy-a", "ann")
        story.wait(wait_ms).add("fail", "client", "read", {"status": 503}, at)
        return story.busy(4_000).wait(CONVERGE_MS).found()

    assert refused_after(4_500) == set()
    assert refused_after(20) == {("EC-5", "refused-while-cut-off")}
