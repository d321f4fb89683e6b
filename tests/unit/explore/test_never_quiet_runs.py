"""What is told of runs that never became quiet."""

from shaketable.explore.judge.never_quiet_runs import Unrest
from shaketable.history import History


def restless(*effects: tuple[str, str]) -> History:
    history = History()
    history.add(0, "phase", "harness", "safety")
    history.add(1, "effect", "early", "commit", {})
    history.add(2, "phase", "harness", "liveness")
    for at, (process, name) in enumerate(effects, 3):
        history.add(at, "effect", process, name, {})
    return history


def test_it_is_what_still_happened_in_most_runs() -> None:
    unrest = Unrest()
    unrest.add(restless(("relay", "append"), ("relay", "append"), ("order", "commit")))
    unrest.add(restless(("relay", "append")))
    assert unrest.words() == "what still went on in 2 of them is append by relay"


def test_what_was_before_all_healed_is_not_told_and_looking_for_work_neither() -> None:
    unrest = Unrest()
    unrest.add(restless(("relay", "poll")))
    assert "requests that are sent again and again" in unrest.words()
