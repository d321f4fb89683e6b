"""A long history is judged in one go: every promise stays decided, whatever the number of orders."""

from order_checkers import DL, ID, OB, SG
from order_history import PROFILE, OrderHistory

from shaketable.checker import judge
from shaketable.mapping import index_builder
from shaketable.verdict import Verdict

ALL = (*SG, *OB, *ID, *DL)
ORDERS = 3_400  # six events each, and a few more


def long_run():
    run = OrderHistory({"apple": ORDERS})
    for number in range(1, ORDERS + 1):
        order = f"o{number}"
        event = run.outbox(number, "OrderCreated", order)
        run.place(order).order_row(order, "PENDING", event).append("OrderCreated", order, f"e{number}")
        run.mark("relay-1", number, "OrderCreated", order).charge(order)
        run.reserve(order).payment(order, "CHARGED").order_row(order, "CONFIRMED")
    return run.quiet()


def test_a_history_of_twenty_thousand_events_is_judged_by_every_checker():
    run = long_run()
    assert len(run.history) > 20_000
    judgements = judge(ALL, run.history, PROFILE)
    assert not [j.unknown for j in judgements if "the checker failed" in j.unknown]
    certified = {j.promise for j in judgements if j.verdict is Verdict.CERTIFIED}
    assert {"SG-1", "SG-2", "SG-4", "SG-5", "SG-6", "OB-2", "OB-3", "OB-4", "OB-5"} <= certified


def test_every_checker_reads_the_history_once(monkeypatch):
    readings = []
    for name in ("read", "more"):
        read = getattr(index_builder._Reading, name)
        monkeypatch.setattr(
            index_builder._Reading,
            name,
            lambda self, *given, read=read: readings.append(self) or read(self, *given),
        )
    judge(ALL, long_run().history, PROFILE)
    assert 1 <= len(readings) <= 4  # one a mapping at most, whatever the number of its promises


def test_one_finding_of_an_anomaly_is_enough():
    run = OrderHistory()
    for number in range(100):
        run.order_row(f"o{number}").charge(f"o{number}").charge(f"o{number}")
    found = [f for j in judge(SG, run.history, PROFILE) for f in j.findings]
    assert [f.anomaly for f in found] == ["double-charge"]
