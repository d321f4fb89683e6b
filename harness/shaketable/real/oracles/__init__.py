"""Oracles of what really happened: asked of the server itself, past the tap, or read by the tap where a server does not say."""
