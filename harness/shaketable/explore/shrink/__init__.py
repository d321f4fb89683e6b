"""The shortest schedule that still shows its anomaly: ddmin, then values, then robustness under drawn timings."""
