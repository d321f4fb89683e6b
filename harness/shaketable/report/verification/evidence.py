"""Does a subject's result follow from the evidence that is stored with it? Numbers must agree, and a verdict must follow.

Only what must hold is asked: a promise is certified if it was exercised and nothing speaks against it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shaketable.certificate import Counterexample, Counts, PromiseResult, SubjectResult
from shaketable.subject import Subject, System
from shaketable.verdict import Promise, Verdict
from shaketable.world_traits import traits_of

_NEVER_QUIET = "never became quiet"


def contradictions(subject: Subject, result: SubjectResult) -> Iterator[str]:
    """Yield, in words, everything in which `result` contradicts itself or what is known of `subject`."""
    yield from _declared(subject, result)
    for problem in _numbers(result):
        yield f"{result.subject}: {problem}"
    for promise in result.promises:
        declared = next((p for p in subject.pattern.promises if p.id == promise.id), None)
        for problem in _promise(subject, result, promise, declared):
            yield f"{result.subject} {promise.id}: {problem}"


def _declared(subject: Subject, result: SubjectResult) -> Iterator[str]:
    """Compare with what the subject and its pattern declare; it has to be there whatever was found."""
    name, pattern = result.subject, subject.pattern
    ids = [promise.id for promise in result.promises]
    wanted = [promise.id for promise in pattern.promises]
    required = [id_ for id_ in pattern.requires if id_ not in wanted]
    for id_ in [*wanted, *required]:
        if id_ not in ids:
            yield f"{name} {id_}: nothing is said of this promise of its pattern"
    for id_, times in Counter(ids).items():
        if id_ not in wanted and id_ not in required:
            yield f"{name} {id_}: its pattern has no such promise"
        elif times > 1:
            yield f"{name} {id_}: it is judged {times} times"
    if result.not_claimed != pattern.not_claimed:
        yield f"{name}: the clauses said to be not claimed are not those that nothing of it plays"
    if (result.pattern, result.summary) != (pattern.name, subject.summary):
        yield f"{name}: it is said to be of pattern {result.pattern}, {result.summary!r}"
    if result.known != tuple(sorted({*subject.expects.breaks, *subject.expects.may_break})):
        yield f"{name}: the promises it is known to break are not {', '.join(result.known) or 'none'}"
    if result.profile != subject.profile:
        yield f"{name}: the profile {result.profile.name!r} is not the one it declares"


def _promise(
    subject: Subject, result: SubjectResult, promise: PromiseResult, declared: Promise | None
) -> Iterator[str]:
    if declared is not None and (promise.title, promise.kind) != (declared.title, declared.kind):
        yield "its title or kind is not its pattern's"
    if promise.exercised < 0 or promise.runs < 0 or min(promise.clauses.values(), default=0) < 0:
        yield "it has a count below nothing"
    if promise.clauses and sum(promise.clauses.values()) != promise.exercised:
        yield f"exercised {promise.exercised} times, its clauses {sum(promise.clauses.values())} times"
    for problem in _tried(result, promise):
        yield problem
    if promise.runs > result.spent.runs:
        yield f"judged in {promise.runs} runs of {result.spent.runs}"
    if (promise.verdict is Verdict.VIOLATED) != bool(promise.counterexamples):
        yield f"said to be {promise.verdict.name.lower()}, against its counterexamples"
    reasons = {bool(promise.reason), bool(promise.reason_kind)}
    if reasons != {promise.verdict is Verdict.UNKNOWN}:
        yield f"said to be {promise.verdict.name.lower()}, against its reason {promise.reason!r}"
    if promise.verdict is Verdict.CERTIFIED and (against := _against(subject, result, promise)):
        yield f"said to be certified, but {against}"
    for example in promise.counterexamples:
        for problem in _example(result, promise, declared, example):
            yield f"{example.finding.anomaly}: {problem}"


def _tried(result: SubjectResult, promise: PromiseResult) -> Iterator[str]:
    """Compare what put each clause to the test with its count, and with the faults that landed."""
    kinds, places = {one.fault for one in result.landed}, {one.place for one in result.landed}
    for clause, tried in promise.tried.items():
        if bool(tried.runs) != bool(promise.clauses.get(clause, 0)) or tried.runs > promise.runs:
            yield f"{clause}: put to the test in {tried.runs} runs, and {promise.clauses.get(clause, 0)} times"
        if not (kinds.issuperset(tried.kinds) and places.issuperset(tried.places)):
            yield f"{clause}: faults landed that landed nowhere"


def _against(subject: Subject, result: SubjectResult, promise: PromiseResult) -> str:
    """Say what speaks against certifying the promise; "" if nothing that is stored does."""
    if any(key.partition(" ")[0] == promise.id for key in result.withdrawn):
        return "what broke it in some runs was withdrawn"
    if result.calibration:
        return f"what is declared does not fit: {result.calibration[0]}"
    if not promise.exercised or not promise.runs:
        return "it was never exercised"
    if isinstance(subject.target, System) and not result.spent.faults_landed:
        return "no fault landed in any run"
    if promise.kind == "liveness" and result.unknown_runs.get(_NEVER_QUIET):
        return f"{result.unknown_runs[_NEVER_QUIET]} runs {_NEVER_QUIET}"
    if promise.id in subject.pattern.requires and any(c.promise == promise.id for c in result.not_claimed):
        return "it is required, and not all of it is claimed"
    return ""


def _example(
    result: SubjectResult, promise: PromiseResult, declared: Promise | None, example: Counterexample
) -> Iterator[str]:
    finding = example.finding
    expected = example.schedule.expected
    if finding.promise != promise.id or (declared is not None and finding.anomaly not in declared.anomalies):
        yield "it is none of the anomalies of its promise"
    if expected is None or (expected.promise, expected.anomaly) != (finding.promise, finding.anomaly):
        yield "its schedule is expected to show something else"
    if example.schedule.subject != result.subject:
        yield "its schedule is of another subject"
    if not 0 <= example.found_after_runs <= result.spent.runs:
        yield f"found after {example.found_after_runs} runs of {result.spent.runs}"
    if not 0 <= example.reproduced <= example.replays or not 0 <= example.timings_shown <= example.timings:
        yield "it was shown more often than it was run"
    for one in example.confirmations:
        if not 0 <= one.reproduced <= one.runs or (one.outcome == "confirmed") != (one.reproduced > 0):
            yield f"it is {one.outcome} by {one.reproduced} of {one.runs} runs on {one.world}"


def _numbers(result: SubjectResult) -> Iterator[str]:
    """Compare the numbers that are told twice."""
    spent = result.spent
    void = sum(result.unknown_runs.values())
    if not 0 <= void <= spent.runs or min(result.unknown_runs.values(), default=1) < 1:
        yield f"{void} of {spent.runs} runs count for nothing"
    if not 0 <= spent.ops_ok + spent.ops_refused <= spent.ops:
        yield f"{spent.ops_ok} and {spent.ops_refused} of {spent.ops} ops ended"
    landed = sum(one.count for one in result.landed)
    if landed > spent.faults_landed or (spent.faults_landed and not landed):
        yield f"{spent.faults_landed} faults landed, by place {landed}"
    if spent.runs and traits_of(result.world).repeatable and not result.batches:
        yield f"nothing is recorded of the batches in which {spent.runs} runs were made"
    orders = result.orders
    if orders is not None:
        decided = sum(n for policy, n in orders.runs.items() if policy)
        if sum(orders.runs.values()) != spent.runs or not 0 <= orders.different <= decided:
            yield f"{spent.runs} runs, by policy {orders.runs}, in {orders.different} different orders"
    if result.batches:
        yield from _batches(result)
    for mutant in result.mutants:
        if bool(mutant.runs_to_kill) != bool(set(mutant.kills) & set(mutant.killed_by)):
            yield f"mutant {mutant.name} is killed in {mutant.runs_to_kill} runs by {', '.join(mutant.killed_by) or 'nothing'}"


def _batches(result: SubjectResult) -> Iterator[str]:
    """Compare the sums over all batches with the result."""
    counts = [batch.counts for batch in result.batches]
    spent = result.spent
    numbers = {
        "runs": spent.runs,
        "steps": spent.steps,
        "ops": spent.ops,
        "ops_ok": spent.ops_ok,
        "ops_refused": spent.ops_refused,
        "faults_landed": spent.faults_landed,
        "unknown_runs": sum(result.unknown_runs.values()),
    }
    for name, number in numbers.items():
        if (summed := sum(getattr(one, name) for one in counts)) != number:
            yield f"{name.replace('_', ' ')} {number}, in its batches {summed}"
    examples = [c.finding for promise in result.promises for c in promise.counterexamples]
    told = {f"{finding.promise} {finding.anomaly}" for finding in examples}
    for broken in sorted({key for one in counts for key, runs in one.broken.items() if runs}):
        if broken not in told and broken not in result.withdrawn:
            yield f"{_summed(counts, 'broken', broken)} runs showed {broken}, of which nothing is told"
    for promise in result.promises:
        for name, number in (("judged", promise.runs), ("exercised", promise.exercised)):
            if (summed := _summed(counts, name, promise.id)) != number:
                yield f"{promise.id} {name} {number} times, in its batches {summed}"
        for clause, number in promise.clauses.items():
            if (summed := _summed(counts, "clauses", f"{promise.id} {clause}")) != number:
                yield f"{promise.id} {clause}: {number} times, in its batches {summed}"


def _summed(counts: list[Counts], table: str, key: str) -> int:
    return sum(getattr(one, table).get(key, 0) for one in counts)
