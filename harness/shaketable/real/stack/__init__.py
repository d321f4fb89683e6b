"""The stack of a system on real servers, kept from run to run: the launchers' protocol, wiring, power, third parties."""
