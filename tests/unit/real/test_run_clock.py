"""The clock of a real run: what servers stamp and what the tap sees are told by one time."""

from types import SimpleNamespace

from shaketable.real import clock
from shaketable.real.clock import RunClock

_MS = 1_000_000


def test_a_thread_that_loses_the_processor_between_two_readings_does_not_shift_the_servers_stamps(
    monkeypatch,
):
    """The processor is gone for 50 ms between the first reading of one clock and the first of the other."""
    now_ns, lost_ns = [0], [50 * _MS]

    def monotonic_ns() -> int:
        now_ns[0] += 100
        return now_ns[0]

    def time_ns() -> int:
        now_ns[0] += 100 + lost_ns.pop() if lost_ns else 100
        return 1_000_000 * _MS + now_ns[0]

    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic_ns=monotonic_ns, time_ns=time_ns))
    run = RunClock(30)
    now_ns[0] += 7 * _MS
    stamp_us = (1_000_000 * _MS + now_ns[0]) // 1_000
    assert abs(run.from_epoch_us(stamp_us) - run.elapsed_ms()) <= 1
