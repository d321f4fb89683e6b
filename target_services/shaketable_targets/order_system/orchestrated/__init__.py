"""The order saga with an orchestrator whose state is durable. This page names what it has beyond the order system.

Services and databases (one logical database each, named like the service):

    order         POST /orders as before; takes the commands confirm and cancel
    payment       takes charge and refund; calls `provider`
    inventory     takes reserve and release, and book and unbook of a courier
    orchestrator  reads order-events (OrderCreated begins a saga); POST /dead-letters/redrive
    notification  as before

A command is POST /commands/<name> {order, item, quantity, amount} with an idempotency-key, or a record {event_id, type, key,
order, item, quantity, amount} on <service>-commands that is answered by a record {event_id, type: "CommandAnswered", command,
outcome, courier, order} on saga-replies. What a participant says is told by the status or the outcome: 200 done,
409 already ("already refunded": there is nothing left to do), 422 refused; 503 is indeterminate.

Tables:

    orchestrator.sagas      id (the order), status RUNNING | CONFIRMING | UNDOING | CANCELLING | CONFIRMED | CANCELLED,
                            item, quantity, amount, steps (JSON: step to NEW | SENT | DONE | REFUSED | UNDOING | UNDONE),
                            attempts (JSON: command to its failures), parked (the command that was given up, or ""),
                            owner, epoch, until_ms (the claim of the instance that drives it), wake_ms
    payment.payments        order, amount, status CHARGING | CHARGED | FAILED | REFUNDED | VOID, key
    inventory.reservations  order, item, quantity, status RESERVED | REFUSED | RELEASED | VOID
    inventory.couriers      order, status BOOKED | REFUSED | CANCELLED | VOID
    orchestrator.inbox, .outbox, .dead_letters as in the other services

VOID: the step was undone before it was asked for; it is refused when it is asked for later.

Flow: charge and reserve at the same time. Goods of which inventory says that they are fragile get a courier, which is booked
once they are reserved. Then confirm. A step that is refused, or whose outcome is still unknown after `attempts_max` attempts,
turns the saga back: every step that may have been done is undone, a courier before the goods, then cancel. Undoing,
confirm and cancel are tried `attempts_max` times; then the saga is parked with a dead letter and an alert, and a redrive
takes the command up again.
"""
