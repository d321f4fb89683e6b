"""The saga: money, stock and status of an order stay right, however its steps fail (SG)."""
