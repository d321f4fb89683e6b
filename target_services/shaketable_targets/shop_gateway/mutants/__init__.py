"""The gateway with one plausible mistake each. The docstring is the mistake."""

from shaketable_targets.shop_gateway.gateway import Gateway
from shaketable_targets.shop_gateway.mutants import of_upstreams, of_what_passes

MUTANTS: dict[str, tuple[type[Gateway], tuple[str, ...]]] = {
    "reads-unsigned": (of_what_passes.AcceptsNone, ("GW-1",)),
    "forgets-the-audience": (of_what_passes.ForgetsTheAudience, ("GW-1",)),
    "goes-by-the-header": (of_what_passes.GoesByTheHeader, ("GW-1",)),
    "reads-a-path-twice": (of_what_passes.ReadsAPathTwice, ("GW-2",)),
    "reads-no-path": (of_what_passes.ReadsNoPath, ("GW-2",)),
    "takes-the-first-prefix": (of_what_passes.TakesTheShortestPrefix, ("GW-2",)),
    "compares-letters": (of_what_passes.ComparesLetters, ("GW-2",)),
    "passes-headers-on": (of_what_passes.PassesHeadersOn, ("GW-5",)),
    "drops-one-spelling": (of_what_passes.DropsOneSpelling, ("GW-5",)),
    "drops-what-it-added": (of_what_passes.DropsWhatItAdded, ("GW-5",)),
    "repeats-all": (of_upstreams.RepeatsAll, ("GW-4",)),
    "never-looks": (of_upstreams.NeverLooks, ("GW-3",)),
    "learns-the-list-once": (of_upstreams.LearnsTheListOnce, ("GW-3",)),
    "first-of-the-list": (of_upstreams.FirstOfTheList, ("GW-3",)),
    "one-breaker": (of_upstreams.OneBreaker, ("GW-6",)),
    "never-back": (of_upstreams.NeverBack, ("GW-6",)),
    "waits-for-long": (of_upstreams.WaitsForLong, ("GW-6",)),
    "lets-errors-out": (of_upstreams.LetsErrorsOut, ("GW-6",)),
    "counts-in-two-steps": (of_upstreams.CountsInTwoSteps, ("GW-7",)),
    "counts-by-address": (of_upstreams.CountsByAddress, ("GW-7",)),
    "counts-alone": (of_upstreams.CountsAlone, ("GW-7",)),
}
"""Each mutant and the promises of which one must kill it."""
