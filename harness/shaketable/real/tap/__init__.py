"""Our own proxy on every (client, server) edge: frames the protocol, names boundaries, lets messages go wrong."""
