"""The registry of services described for any world: parts, client and mapping, and how it is tried."""
