"""docs/faults.md as a suite: what each fault means, checked on any world (`shaketable.conformance.suite`)."""
