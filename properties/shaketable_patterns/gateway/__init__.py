"""GW: what comes through a gateway is what clients may send, once, to who is there, in the name of who sent it."""
