"""Accesses of the simulated servers: what is recorded, the digest of their order, interruptions."""
