"""Random lives of two members: nothing is lost, order holds, and one generation has one reader a partition."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shaketable.ports import CommitRejected, ConnectionLost, Timeout
from shaketable.subject import Topic

PROCESSES = st.sampled_from(["a", "b"])
FATES = st.sampled_from(["lost request", "lost reply", "held request", "held reply"])
STEPS = st.one_of(
    st.tuples(st.just("append"), st.sampled_from([f"k{n}" for n in range(8)])),
    st.tuples(st.sampled_from(["get", "get", "commit", "crash", "close", "silent", "back"]), PROCESSES),
    st.tuples(st.just("fault"), PROCESSES, FATES),
    st.tuples(st.sampled_from(["time out", "release", "broker crash"])),
)


class Reader:
    """A process that reads one record after another; `next_life` is a restart after a crash or a close."""

    def __init__(self, bench, process):
        self.bench = bench
        self.process = process
        self.next_life()

    def next_life(self):
        self.link, self.consumer = self.bench.consumer(self.process)
        self.last = None
        self.pending = None

    def get(self):
        if self.pending is None:
            self.pending = self.bench.start(self.consumer.get())
        self.collect()

    def collect(self):
        if self.pending is not None and self.pending.done():
            self.last = self.pending.result()
            self.pending = None

    def commit(self):
        if self.last is not None:
            self.bench.start(self.heedless(self.consumer.commit(self.last)))

    def close(self):
        if self.pending is None:
            self.bench.start(self.heedless(self.consumer.close()))
            self.next_life()

    async def heedless(self, awaitable):
        try:
            await awaitable
        except (CommitRejected, Timeout, ConnectionLost):
            self.last = None

    def crash(self):
        self.bench.crash(self.link)
        self.next_life()


@given(st.lists(STEPS, min_size=5, max_size=50))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_record_arrives_in_order_and_at_one_reader_a_generation(make_bench, steps):
    bench = make_bench(Topic("orders", 3))
    delivered = []
    watch(bench, delivered)
    readers = {p: Reader(bench, p) for p in ("a", "b")}
    bench.send("k0", "k1", "k2", "k3")
    for reader in readers.values():
        reader.get()
    for step in steps:
        apply(bench, readers, step)
    recover(bench, readers)
    stored = [(r.partition, r.offset) for r in bench.broker.records("orders")]
    assert {d[1:3] for d in delivered} == set(stored)
    judge(bench, delivered)
    bench.close()


def watch(bench, delivered):
    write = bench.broker._oracle

    def oracle(kind, process, name, value):
        write(kind, process, name, value)
        if name == "deliver":
            generation = bench.broker.generation("g")
            delivered.append((generation, value["partition"], value["offset"], process))

    bench.broker._oracle = oracle


def apply(bench, readers, step):
    match step:
        case ("append", key):
            bench.send(key)
        case ("fault", process, fate):
            readers[process].link.script.append(fate)
        case ("silent", process):
            bench.fall_silent(process)
        case ("back", process):
            bench.come_back(process)
        case ("time out",):
            bench.time_out()
        case ("release",):
            bench.release(bench.naps)
            bench.release(bench.held)
        case ("broker crash",):
            bench.broker.sessions.suspend()
            bench.time_out()
            bench.broker.sessions.resume()
        case (verb, process):
            getattr(readers[process], verb)()
    bench.settle()
    for reader in readers.values():
        reader.collect()


def recover(bench, readers):
    """Bring every member back, evict the dead ones, and read what is left to the end."""
    for process in readers:
        bench.come_back(process)
    for reader in readers.values():
        reader.link.script.clear()
    quiet = 0
    for _ in range(300):
        before = len(bench.effects)
        for _ in range(3):
            bench.time_out()
            bench.release(bench.naps)
            bench.release(bench.held)
        for reader in readers.values():
            reader.get()
        quiet = quiet + 1 if len(bench.effects) == before else 0
        if quiet == 3:
            return
    raise AssertionError("it never becomes quiet")


def judge(bench, delivered):
    reader_of = {}
    offsets = defaultdict(list)
    for generation, partition, offset, process in delivered:
        assert reader_of.setdefault((generation, partition), process) == process
        offsets[generation, partition].append(offset)
    for run in offsets.values():
        assert run == list(range(run[0], run[0] + len(run)))
    for partition in range(3):
        last = offsets.get((bench.broker.generation("g"), partition), [])
        end = sum(r.partition == partition for r in bench.broker.records("orders"))
        rest = list(range(bench.broker.committed("g", "orders", partition) or 0, end))
        assert last[len(last) - len(rest) :] == rest


def test_the_judge_notices_a_skipped_record_and_a_second_reader(bench):
    for delivered in ([(1, 0, 0, "a"), (1, 0, 2, "a")], [(1, 0, 0, "a"), (1, 0, 1, "b")]):
        with pytest.raises(AssertionError):
            judge(bench, delivered)
