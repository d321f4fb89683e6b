"""The hardened query side with one plausible mistake each, by what goes wrong."""
