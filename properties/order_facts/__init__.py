"""One reading of an order system's history, shared by every checker of its patterns."""

from properties.order_facts.checker import FactsChecker, Tally
from properties.order_facts.facts import OrderFacts
from properties.order_facts.reading import read
from properties.order_facts.records import ALERTS, DEAD_LETTERS, Append, Change, Delivery, OutboxRow
from properties.order_facts.story import OrderStory

__all__ = [
    "ALERTS",
    "DEAD_LETTERS",
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
