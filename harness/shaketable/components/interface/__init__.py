"""What stands between a component and its driver: the adapter, what a factory is given, and the interface of a kind."""
