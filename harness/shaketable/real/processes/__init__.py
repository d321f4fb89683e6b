"""The world `processes`: servers from PyPI wheels and forked services, all plain processes of this machine."""
