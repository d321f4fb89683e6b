"""Who wrote it counts: a lock that another relay frees or takes, a record that another request completes."""

from order_checkers import ID_3, OB_4
from order_history import OrderHistory, anomalies

from shaketable.profile import Profile

LEASE_MS = 10_000
RELAYS = Profile("relays", {"lock_at_most_for_ms": LEASE_MS})
BUSY = {"status": 409, "body": {"error": "in progress"}}
EPOCH_MS = 1_000_000


def lock(run, process, owner, until_ms, verb="update"):
    row = {"name": "outbox-relay", "owner": owner, "until_ms": until_ms}
    return run.commit(process, "order", (verb, "relay_lock", row))


def taken(run, process, verb="update"):
    """The process takes the lock for as long as locks last."""
    return lock(run, process, f"{process}/1", EPOCH_MS + run.now_ms + LEASE_MS, verb)


def breaches(run, checker=OB_4, profile=RELAYS):
    return [finding.anomaly for finding in run.judged(checker, profile).findings]


def exercised(run, clause, checker, profile=RELAYS):
    return dict(run.judged(checker, profile).clauses)[clause]


def test_a_lock_that_another_relay_frees_is_stolen():
    held = taken(OrderHistory(), "relay-1", "insert").wait(5_000)
    assert breaches(lock(held, "relay-2", "relay-1/1", 0)) == ["stolen-lock"]


def test_a_lock_that_another_relay_deletes_or_takes_too_early_is_stolen():
    held = taken(OrderHistory(), "relay-1", "insert").wait(5_000)
    assert breaches(lock(held, "relay-2", "relay-1/1", EPOCH_MS, "delete")) == ["stolen-lock"]
    held = taken(OrderHistory(), "relay-1", "insert").wait(5_000)
    assert breaches(taken(held, "relay-2")) == ["stolen-lock"]


def test_a_lock_is_given_up_by_its_holder_and_free_when_its_lease_is_over():
    clause = "only its holder gives a lock up"
    own = lock(taken(OrderHistory(), "relay-1", "insert").wait(5_000), "relay-1", "relay-1/1", 0)
    assert breaches(taken(own, "relay-2")) == []
    late = taken(taken(OrderHistory(), "relay-1", "insert").wait(LEASE_MS), "relay-2")
    assert breaches(late) == []
    assert exercised(late, clause, OB_4) == 1
    swept = lock(taken(OrderHistory(), "relay-1", "insert").wait(LEASE_MS), "relay-2", "", 0)
    assert breaches(swept) == []


def test_a_lease_whose_commit_came_late_began_when_it_was_written():
    run = OrderHistory().wait(3_000)
    lock(run, "relay-1", "relay-1/1", EPOCH_MS + LEASE_MS, "insert")  # read its clock 3 s ago
    assert breaches(taken(run.wait(7_000), "relay-2")) == []


def record(run, process, status, owner, expires_ms, verb="update"):
    row = {"key": "k-o1", "payload_hash": "h", "status": status, "response": "", "owner": owner}
    return run.commit(process, "order", (verb, "idempotency", row | {"expires_ms": expires_ms}))


def asked(run):
    value = {"order": "o1", "item": "apple", "quantity": 1, "amount": 10, "key": "k-o1"}
    return run.history.add(run.now_ms, "invoke", "client", "place", value)


def answered(run, op, kind, status):
    run.history.add(run.now_ms, kind, "client", "place", {"status": status, "body": {}}, op)


def taken_over(first, second, *, between=lambda run: None):
    """Return two requests under a key, of which the second took the key over, with how each of them ended."""
    run = OrderHistory()
    between(run)
    one = asked(run)
    record(run, "order", "RUNNING", "a", 1_000, "insert")
    two = asked(run.wait(1_000))
    record(run, "order", "RUNNING", "b", 2_000)
    record(run, "order", "DONE", "b", 2_000)
    answered(run, one, *first)
    answered(run, two, *second)
    return run


def test_a_request_that_lost_its_key_and_completes_it_has_stolen_it():
    assert anomalies(taken_over(("ok", 201), ("fail", 409)), ID_3) == ["stolen-record"]


def test_a_request_that_took_a_key_over_and_completes_it_is_right():
    run = taken_over(("fail", 409), ("ok", 201))
    assert anomalies(run, ID_3) == []
    assert exercised(run, "a request that took a key over completes it", ID_3) == 1
    assert anomalies(taken_over(("ok", 201), ("ok", 201)), ID_3) == []


def test_who_took_a_key_over_is_not_guessed_where_a_third_request_may_be_at_work():
    def lost(run):
        answered(run, asked(run), "info", 503)

    assert anomalies(taken_over(("ok", 201), ("fail", 409), between=lost), ID_3) == []


def instances(*, completes):
    """Return a record that order-1 claims while order-2 claims another one, and which `completes` completes."""
    run = OrderHistory()
    other = {"key": "k-o2", "status": "RUNNING", "owner": "b", "expires_ms": 1_000}
    run.commit("order-2", "order", ("insert", "idempotency", other))
    record(run, "order-1", "RUNNING", "a", 1_000, "insert")
    return record(run, completes, "DONE", "a", 1_000)


def test_a_record_that_another_instance_completes_is_stolen_whatever_its_owner_column_says():
    assert anomalies(instances(completes="order-2"), ID_3) == ["stolen-record"]
    assert anomalies(instances(completes="order-1"), ID_3) == []


def test_a_worker_that_claims_nothing_may_complete_what_others_claimed():
    assert anomalies(instances(completes="worker"), ID_3) == []
