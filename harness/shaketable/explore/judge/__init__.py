"""What many runs amount to: calibration, evidence, contradictions, expectations and the conclusion."""
