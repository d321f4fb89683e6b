"""PCT for calls: every episode of calls that overlap is a try of its own, however many of them a run has."""

from random import Random

from shaketable.components.scheduling.pct_by_episode import PctByEpisode
from shaketable.components.scheduling.standing import Standing
from shaketable.orders.policy import Policy
from shaketable.sim.orders.pct import Pct
from shaketable.sim.orders.policy import Thread

LINES = 6
EPISODES = 40
RUNS = 60
BETWEEN = [f"a{n}" for n in range(3)] + [f"b{n}" for n in range(LINES)] + [f"a{n}" for n in range(3, LINES)]
"""The second call as a whole between two lines of the first: an order of depth 2."""


def at(name, line, number):
    verb = "LINE" if line else "BEGIN"
    return Standing((name, verb, f"{line}" if line else "", 1), Thread(number, "call"), number, (), True)


def episode(policy, number):
    """Let two calls go on, the second started by the schedule's next step; return in which order they came to their lines."""
    left = {"a": 0}
    standing = {"a": at(f"a{number}", 0, 2 * number)}
    happened = []
    while standing:
        may_start = "b" not in left
        chosen = policy.choose(list(standing.values()), may_start)
        if chosen is None or (not standing and may_start):
            left["b"], standing["b"] = 0, at(f"b{number}", 0, 2 * number + 1)
            continue
        name = chosen.address[0][0]
        happened.append(f"{name}{left[name]}")
        left[name] += 1
        if left[name] < LINES:
            standing[name] = at(f"{name}{number}", left[name], 2 * number + (name == "b"))
        else:
            del standing[name]
    return happened


def share(made):
    return sum(
        any(episode(policy, number) == BETWEEN for number in range(EPISODES)) for policy in map(made, range(RUNS))
    ) / RUNS  # fmt: skip


def test_a_run_of_many_episodes_tries_in_each():
    """In each with a probability of at least 1/(n k) for three threads, the next step is one, and twenty points."""
    by_episode = share(lambda seed: PctByEpisode(Policy("pct", seed, depth=2)))
    once = share(lambda seed: Pct(Random(seed), 2, EPISODES * 2 * LINES))
    assert by_episode >= 1 - (1 - 1 / (3 * 20)) ** EPISODES
    assert once < by_episode / 3


def test_it_decides_the_same_again():
    def orders(seed):
        policy = PctByEpisode(Policy("pct", seed, depth=3))
        return [episode(policy, number) for number in range(EPISODES)]

    assert all(orders(seed) == orders(seed) for seed in range(20))
