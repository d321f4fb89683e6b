"""Steps of a run whose orders are decided: each may happen before the calls that are ready have gone on."""

from __future__ import annotations

from abc import ABC, abstractmethod

from shaketable.components.calls.call import Call
from shaketable.components.calls.call_recorder import Recorder
from shaketable.components.scheduling.call_order import CallOrder
from shaketable.components.scheduling.standing import Address, call_number
from shaketable.orders.call_point import HARNESS
from shaketable.schedule import Do, Step

_OVERTAKING = frozenset({"start", "finish", "cancel"})
"""The steps that may happen before the calls that are ready have gone on."""


class OrderedSteps(ABC):
    """The part of a driver that lets orders be decided.

    `decided` are the orders of the run, if anything decides them, and `order` the same while it does: once everything heals, the calm
    order is back.
    """

    decided: CallOrder | None
    order: CallOrder | None
    recorder: Recorder
    _calls: dict[int, Call]

    @abstractmethod
    def _run(self, *, together: bool) -> None:
        """Run what was started, ended or cancelled until all of it waits; if `together`, its calls take turns.

        While orders are decided, until the next step is to happen first.
        """

    @abstractmethod
    def _decide_orders(self, order: CallOrder | None) -> None:
        """Let `order` decide who goes on from now on; None: nothing does."""

    @abstractmethod
    def _may_end(self, call: Call) -> bool:
        """Tell whether `call` waits in its function, which was not told to end yet."""

    @abstractmethod
    def _may_go_on(self, call: Call) -> bool:
        """Tell whether `call` is ready, so that it does not wait for anything but its turn."""

    def _may_cancel(self, call: Call) -> bool:
        """Tell whether `call` can be cancelled where it stands: a sync one only in its function."""
        return self._may_end(call)

    @abstractmethod
    def _observe(self) -> None:
        """Record what is seen of the component now."""

    def _begin_orders(self) -> None:
        self.order = self.decided
        if self.order is not None:
            self.order.on_overtaken, self.order.on_gone_on = self._overtaken, self._gone_on
        self._decide_orders(self.order)

    def _let_go_first(self, order: CallOrder, step: Step) -> None:
        """Run the calls that go on before `step`: all of them, unless it starts or ends a call."""
        address = self._address_of(step)
        order.allow_step(address if address is not None and self._may_overtake(step) else None)
        self._run(together=False)
        order.step = None
        if address is not None:
            order.pass_step(address)
        self._observe()

    def _end_orders(self) -> None:
        """Run what may go on; from now on nothing but the calm order decides."""
        if self.order is not None:
            self._run(together=False)
            self.order = None
            self._decide_orders(None)
            self._observe()

    def _address_of(self, step: Step) -> Address | None:
        number = step.value.get("call") if isinstance(step, Do) and isinstance(step.value, dict) else None
        if not isinstance(step, Do) or not isinstance(number, int) or step.f not in _OVERTAKING:
            return None
        return HARNESS, step.f.upper(), f"call-{number}", 1

    def _may_overtake(self, step: Step) -> bool:
        """Tell whether a step has its meaning already: a call can be ended only once it is in its function."""
        if not isinstance(step, Do) or step.f == "start":
            return True
        call = self._calls.get(step.value["call"])
        if call is None:
            return False
        return self._may_cancel(call) if step.f == "cancel" else self._may_end(call)

    def _overtaken(self, name: str, place: str, by: Address) -> bool:
        call = self._call_named(name)
        if call is None or call.inside or call.done:
            return False
        call.stands = self._may_go_on(call)
        self.recorder.stopped(call, place, call_number(by[2] if by[0] == HARNESS else by[0]))
        return True

    def _gone_on(self, name: str) -> None:
        call = self._call_named(name)
        if call is not None and not call.done:
            call.stands = False
            self.recorder.goes_on(call)

    def _call_named(self, name: str) -> Call | None:
        number = call_number(name)
        return None if number is None else self._calls.get(number)
