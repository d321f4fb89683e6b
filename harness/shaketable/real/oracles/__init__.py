"""Oracles of what really happened, read past the tap: the commit log, the topics, the groups' offsets."""
