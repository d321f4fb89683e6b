"""Drivers: they apply the steps of a schedule to a component, by workers or by tasks, and let faults land at its points."""
