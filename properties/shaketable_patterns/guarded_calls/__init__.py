"""Calls outside that are guarded by a breaker and a pool, and work that is put off: CB and BH seen from outside, and CW."""
