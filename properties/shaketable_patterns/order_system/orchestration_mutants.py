"""The mutants of the orchestrated saga, each with the promises that must kill it."""

from __future__ import annotations

from shaketable.subject import System
from shaketable_patterns.order_system import profile
from shaketable_patterns.order_system.orchestrated_system import ORCHESTRATORS, over_http, over_kafka
from shaketable_patterns.order_system.system import MakeEventService
from shaketable_patterns.order_system.variant import ORCHESTRATION, Variant, mutants_of, summary_of
from shaketable_targets.order_system.mutants import orchestration_answers as answers
from shaketable_targets.order_system.mutants import orchestration_log as logs
from shaketable_targets.order_system.mutants import orchestration_participants as participants

Made = tuple[System, str, tuple[str, ...]]


def orchestration_mutants() -> dict[str, Variant]:
    """Return mutants by name, in a fixed order."""
    return (
        mutants_of(ORCHESTRATION, "hardened", profile.BY_LEASE, _over_http())
        | mutants_of(ORCHESTRATION, "hardened-two-instances", profile.BY_LEASE, _of_two())
        | mutants_of(ORCHESTRATION, "hardened-over-kafka", profile.BY_TOPIC, _over_kafka())
    )


def _over_http() -> dict[str, Made]:
    def alone(make: MakeEventService, *kills: str) -> Made:
        return over_http(orchestrator=make), summary_of(make), kills

    def inventory(make: MakeEventService, *kills: str) -> Made:
        return over_http(inventory=make), summary_of(make), kills

    return {
        "saves-afterwards": alone(logs.SavesAfterwards, "SG-1"),
        "fresh-key-on-resume": alone(logs.FreshKeyOnResume, "SG-2"),
        "resumes-forward-only": alone(logs.ResumesForwardOnly, "SG-8"),
        "forgets-the-branch": alone(logs.ForgetsTheBranch, "SG-1"),
        "stays-parked": alone(logs.StaysParked, "DL-2"),
        "timeout-is-refusal": alone(answers.TimeoutIsRefusal, "SG-1"),
        "undoes-once": alone(answers.UndoesOnce, "SG-1"),
        "leaves-the-sibling": alone(answers.LeavesTheSibling, "SG-1"),
        "already-is-failure": alone(answers.AlreadyIsFailure, "DL-2"),
        "parks-in-silence": alone(answers.ParksInSilence, "DL-1"),
        "releases-nothing": inventory(participants.ReleasesNothing, "DL-2"),
        "forgets-releases": inventory(participants.ForgetsReleases, "SG-1"),
    }


def _of_two() -> dict[str, Made]:
    def two(make: MakeEventService, *kills: str) -> Made:
        return over_http(orchestrator=make, orchestrators=ORCHESTRATORS), summary_of(make), kills

    return {"no-claim": two(logs.NoClaim, "SG-6"), "unfenced": two(logs.Unfenced, "SG-6")}


def _over_kafka() -> dict[str, Made]:
    def orchestrator(make: MakeEventService, *kills: str) -> Made:
        return over_kafka(orchestrator=make, orchestrators=ORCHESTRATORS), summary_of(make), kills

    return {
        "commands-after-commit": orchestrator(participants.CommandsAfterCommit, "SG-8"),
    }
