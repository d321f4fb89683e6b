"""Roles that would have had to share a topic."""

from shaketable.history import History
from shaketable.real.world import RealWorld, roles_sharing_topics
from shaketable.sim.world import SimWorld
from shaketable.world import LimitedWorld
from shaketable_patterns.catalogue import order_subjects
from tests.unit.explore.counter_subject import counter

SUBJECTS = {subject.name: subject for subject in order_subjects()}
CONSUMER, OUTBOX = SUBJECTS["order-consumer/as-listed"], SUBJECTS["order-outbox/as-listed"]


def delivered(*processes: str) -> History:
    history = History()
    for process in processes:
        history.add(1, "effect", process, "deliver", {"topic": "order-events", "partition": 0, "offset": 0})
    return history


def real_world(name: str) -> RealWorld:
    return RealWorld(name, lambda system: None)


def test_replicas_that_read_would_have_to_share():
    assert roles_sharing_topics(CONSUMER.target, delivered("notification-2")) == ("notification",)


def test_replicas_that_read_nothing_share_nothing():
    assert roles_sharing_topics(CONSUMER.target, delivered("order")) == ()
    assert roles_sharing_topics(OUTBOX.target, delivered("order")) == ()


def test_processes_cannot_tell_what_depends_on_sharing():
    world = real_world("processes")
    assert isinstance(world, LimitedWorld)
    assert "notification share no partitions here" in world.cannot_show(CONSUMER, delivered("notification-1"))
    assert world.cannot_show(OUTBOX, delivered("order")) == ""
    assert world.cannot_show(counter(), History()) == ""


def test_containers_and_the_simulated_world_can():
    assert real_world("containers").cannot_show(CONSUMER, delivered("notification-1")) == ""
    assert not isinstance(SimWorld(), LimitedWorld)
