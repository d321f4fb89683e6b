"""Semaphore bulkheads: at most so many calls run at once, and one that finds all permits taken is rejected, or waits first."""
