"""Files of `make test` by worker: some take first those that wait, the others those that compute, and all are taken once."""

from __future__ import annotations

from types import SimpleNamespace

from tests.file_order import MixedFiles, waits


class Worker:
    """Takes the place of xdist's controller of a worker, and keeps what it is given."""

    def __init__(self, number: int) -> None:
        self.gateway = SimpleNamespace(id=f"gw{number}")
        self.shutting_down = False
        self.given: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def test_what_needs_servers_waits():
    assert waits("tests/processes/foreign/test_books.py")
    assert not waits("tests/unit/test_file_order.py")


def scheduled(workers: list[Worker], tests: list[str]) -> MixedFiles:
    config = SimpleNamespace(option=SimpleNamespace(loadscopereorder=False), getvalue=lambda _: ["2*popen"])
    scheduler = MixedFiles(config, SimpleNamespace(loadscopesched=None, loadfilesched=print))
    scheduler.numnodes = len(workers)
    for worker in workers:
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, tests)
    scheduler.schedule()
    return scheduler


def test_each_worker_begins_with_its_kind_and_goes_on_with_the_other():
    computing, waiting = [f"tests/unit/test_{n}.py" for n in range(6)], ["tests/processes/test_a.py"]
    tests = [f"{file}::test_it" for file in [*computing, *waiting]]
    workers = [Worker(0), Worker(1)]
    scheduler = scheduled(workers, tests)
    given = [[tests[index].partition("::")[0] for index in worker.given] for worker in workers]
    assert given == [[*waiting, computing[1]], [computing[0], computing[2]]]
    while not all(worker.shutting_down for worker in workers):
        for worker in workers:
            for index in list(worker.given):
                scheduler.mark_test_complete(worker, index)
    assert sorted(index for worker in workers for index in worker.given) == list(range(len(tests)))


def test_files_that_parse_all_others_go_to_one_worker():
    tests = [
        f"tests/architecture/test_{name}.py::test_it"
        for name in ("bans", "adding_a_fault", "imports", "words")
    ]
    workers = [Worker(0), Worker(1)]
    scheduled(workers, tests)
    assert [worker.given for worker in workers] == [[0, 2, 3], [1]]
