"""Judging many runs: calibration, evidence, contradictions, expectations and the conclusion."""
