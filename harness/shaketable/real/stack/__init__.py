"""What a system needs on real servers: wiring, launchers' protocol, starts."""
