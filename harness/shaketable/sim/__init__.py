"""The deterministic world: one process, virtual time, modelled database, broker, cache and network."""
