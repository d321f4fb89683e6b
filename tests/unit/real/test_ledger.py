"""A third party's ledger: what an earlier run left is no part of this one."""

from shaketable.history import History
from shaketable.real.clock import RunClock
from shaketable.real.stack.external_server import RunLedger
from shaketable.real.stack.namespace import Namespace


def test_what_an_earlier_run_left_is_not_written_down():
    history, namespace = History(), Namespace(6, (2,))
    ledger = RunLedger("mailer", history, RunClock(10.0), namespace)
    mine = {"event": namespace.put("e1"), "order": namespace.put("n1"), "template": "confirmed"}
    ledger.record("mail", {"event": "r5.1~e2", "order": "r5.0~n2", "template": "confirmed"})
    ledger.record("mail", mine)
    ledger.record("mail", {"event": "e3", "order": "n3", "template": "confirmed"})
    assert [event.value["event"] for event in history] == [mine["event"], "e3"]
