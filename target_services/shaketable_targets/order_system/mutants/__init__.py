"""The hardened services with one plausible mistake each, by pattern."""
