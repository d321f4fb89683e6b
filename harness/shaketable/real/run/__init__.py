"""One run on real servers: session, faults, quiet, and the merged history."""
