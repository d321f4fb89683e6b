"""One run on real servers: session, client, faults, quiet, the merged history."""
