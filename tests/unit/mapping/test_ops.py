"""What ops play: the names that play a role, and what was asked for in a run."""

from shaketable.history import History
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.ops import OpRole, asked, players

BUY = OpRole(op="buy", plays="begin", of="field.ticket", where={"field.seat": "@set"})
STAND = OpRole(op="buy", plays="poison", of="field.ticket")
RESELL = OpRole(op="resell", plays="begin", of="field.ticket")
AGAIN = OpRole(op="buy_again", plays="repeat", of="field.ticket")
ROLES = (BUY, STAND, RESELL, AGAIN)


def views_of(*ops):
    history = History()
    for name, value in ops:
        history.add(0, "invoke", "client", name, value)
    return Indexing({})(history)


def test_a_role_is_played_by_every_op_that_is_declared_for_it_once():
    assert players((*ROLES, BUY)) == {
        "begin": ("buy", "resell"),
        "poison": ("buy",),
        "repeat": ("buy_again",),
    }


def test_an_op_plays_the_first_role_that_it_agrees_with_and_ops_come_in_their_order():
    index = views_of(
        ("resell", {"ticket": "t1"}),
        ("buy", {"ticket": "t2", "seat": 4}),
        ("buy", {"ticket": "t3"}),
        ("look", {"ticket": "t4"}),
        ("buy_again", {"ticket": "t2"}),
    )
    assert [(one.of, one.plays) for one in asked(ROLES, index)] == [
        ("t1", "begin"),
        ("t2", "begin"),
        ("t3", "poison"),
        ("t2", "repeat"),
    ]
    assert [one.of for one in asked(ROLES, index, "poison")] == ["t2", "t3"]
    assert [one.at for one in asked((RESELL, AGAIN), index)] == [0, 4]
