"""The facts of an order system's history, read once for every checker of its patterns."""

from shaketable_patterns.order_facts.checker import FactsChecker, Tally
from shaketable_patterns.order_facts.facts import OrderFacts
from shaketable_patterns.order_facts.reading import read
from shaketable_patterns.order_facts.records import Append, Change, Delivery, OutboxRow
from shaketable_patterns.order_facts.story import OrderStory

__all__ = [
    "Append",
    "Change",
    "Delivery",
    "FactsChecker",
    "OrderFacts",
    "OrderStory",
    "OutboxRow",
    "Tally",
    "read",
]
