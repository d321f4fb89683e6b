"""One message that does not pass calmly: held, lost, duplicated, answered late, or its parties lose power.

The message is independent of its sender: once sent, it arrives whatever happens to the sender, as bytes in a
socket would. The sender only waits for `answer`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Generic, TypeVar, assert_never

from shaketable.boundary import Boundary, Leg
from shaketable.fault import (
    CrashReceiver,
    CrashSender,
    Cut,
    Drop,
    Duplicate,
    Hold,
    PollTimeout,
    Rollback,
    ServerError,
    TooLarge,
    can_duplicate,
)
from shaketable.history import Json
from shaketable.network.armed_faults import Armed
from shaketable.network.link_state import LinkState
from shaketable.sim.channel import Beginning, Failable, in_its_stead, is_delayable
from shaketable.sim.loop import UNOWNED
from shaketable.sim.orders.policy import Thread
from shaketable.sim.power import Power
from shaketable.sim.wire import ANSWERED, UNAWAITED, Wire

T = TypeVar("T")


class Transit(Generic[T]):
    """Carries one message from `sender` to `receiver` and its answer back."""

    __slots__ = (
        "_boundary",
        "_effect",
        "_loop",
        "_power",
        "_thread",
        "_timeout_ms",
        "_wire",
        "answer",
        "receiver",
        "sender",
    )

    def __init__(
        self, wire: Wire, power: Power, sender: str, receiver: str, boundary: Boundary | None, timeout_ms: int
    ) -> None:
        self.sender = sender
        self.receiver = receiver
        self._wire = wire
        self._power = power
        self._loop = wire.loop
        self._boundary = boundary
        self._timeout_ms = timeout_ms
        self._effect: Callable[[], T | asyncio.Future[T]] | None = None
        self._thread: Thread | None = None
        if wire.order is not None and boundary is not None:
            self._thread = wire.order.thread(sender, wire.loop)
        self.answer: asyncio.Future[T] = UNAWAITED

    async def carry(self, effect: Callable[[], T | asyncio.Future[T]]) -> T:
        """Send the message and wait for its answer, at most `timeout_ms`. Call this or `follow`, once."""
        self._effect = effect
        self.answer = self._loop.create_future()
        self._send()
        return await self._wait()

    async def follow(self, effect: Callable[[], T | asyncio.Future[T]], work: asyncio.Future[T]) -> T:
        """Wait for the answer to a message that has arrived and that the receiver works on."""
        self._effect = effect
        self.answer = self._loop.create_future()
        self._watch(work)
        return await self._wait()

    async def _wait(self) -> T:
        timer = self._loop.call_after(self._timeout_ms, self._time_out)
        try:
            return await self.answer
        finally:
            timer.cancel()
            self._wire.waiting.get(self.receiver, {}).pop(self.answer, None)
            # An error keeps the frames that it came through, and they keep this: it must not keep the error.
            self.answer = ANSWERED

    # -- request leg -------------------------------------------------------------------------------------

    def _send(self) -> None:
        passed = self._meet_faults("request")
        if passed is None:
            return
        delay_ms, copies = passed
        if self.receiver in self._wire.down:
            self._fail_soon(self._wire.errors.refused(f"{self.receiver} is down"))
            return
        travel_ms = self._wire.timing.travel_ms(self.sender, self.receiver)
        if not delay_ms and not travel_ms and self._thread is None:
            self._arrive(copies)
            return
        held = 1 if delay_ms else 0
        self._wire.held += held
        if is_delayable(self._effect):
            self._effect.delayed()
        self._travel("request", delay_ms + travel_ms, self._arrive_late, copies, held)

    def _arrive_late(self, copies: int, held: int) -> None:
        self._wire.held -= held
        if held:
            self._wire.arrived_ms = self._loop.virtual_ms
        if self.receiver in self._wire.down:
            self._fail_soon(self._lost())
        else:
            self._arrive(copies)

    def _arrive(self, copies: int) -> None:
        self._execute()
        if copies == 2:
            self._again()

    def _execute(self) -> None:
        """Let the receiver do what the message asks for, and reply."""
        assert self._effect is not None
        try:
            result = self._effect()
        except Exception as error:  # the receiver's answer is an error: it travels like any other answer
            self._reply(None, error)
        else:
            if isinstance(result, asyncio.Future):
                self._watch(result)
            else:
                self._reply(result, None)

    def _again(self) -> None:
        """Deliver the duplicate, whose answer is dropped."""
        assert self._effect is not None
        try:
            result = self._effect()
        except Exception:  # the receiver refused the duplicate, and that answer is dropped too
            return
        if isinstance(result, asyncio.Future):
            result.add_done_callback(_ignore, context=UNOWNED)

    def _watch(self, work: asyncio.Future[T]) -> None:
        self._wire.waiting.setdefault(self.receiver, {})[self.answer] = None
        work.add_done_callback(self._worked, context=UNOWNED)

    def _worked(self, work: asyncio.Future[T]) -> None:
        self._wire.waiting.get(self.receiver, {}).pop(self.answer, None)
        if work.cancelled():
            self._reply(None, self._lost())
            return
        error = work.exception()
        self._reply(None if error else work.result(), error)

    # -- reply leg ---------------------------------------------------------------------------------------

    def _reply(self, value: T | None, error: BaseException | None) -> None:
        if (passed := self._meet_faults("reply")) is not None:
            self._travel("reply", passed[0] + self._answer_ms(), self._deliver, value, error)

    def _deliver(self, value: Any, error: BaseException | None) -> None:
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(value)
        else:
            self.answer.set_exception(error)

    # -- what both legs need -----------------------------------------------------------------------------

    def _travel(self, leg: Leg, delay_ms: int, arrive: Callable[..., object], *args: Any) -> None:
        """Let this leg arrive after its delay, or, where orders are decided, when it is chosen."""
        thread, boundary, order = self._thread, self._boundary, self._wire.order
        if thread is None or boundary is None or order is None:
            self._loop.call_after(delay_ms, arrive, *args)
        else:
            order.add(boundary, leg, thread, self._loop.virtual_ms, delay_ms, arrive, args)

    def _meet_faults(self, leg: Leg) -> tuple[int, int] | None:
        """Let the faults of this leg happen. Return by how much they delay it and how often it arrives; None if it does not."""
        delay_ms, copies = self._link_delay_ms(), 1
        if delay_ms is None:
            return None
        self._refuse_session(leg)
        for armed in self._wire.arming.take(self._boundary, leg) if self._boundary else ():
            fault = armed.fault
            match fault:
                case Drop() | Cut() | CrashSender() | CrashReceiver():
                    self._stop(armed, fault)
                    return None
                case Hold(for_ms=for_ms):
                    self._receipt(armed, held_ms=for_ms)
                    delay_ms += for_ms
                case PollTimeout(for_ms=for_ms):
                    if groups := self._power.put_out(self.sender):
                        self._receipt(armed, held_ms=for_ms, groups=groups)
                        delay_ms += for_ms
                case Duplicate():
                    # An answer that comes twice is dropped by every protocol: nothing lands.
                    if leg == "request" and can_duplicate(fault.boundary.route.verb):
                        copies = 2
                        self._receipt(armed)
                case Rollback() | TooLarge():
                    instead = in_its_stead(self._effect, fault) if leg == "request" else None
                    if instead is not None:
                        self._effect, told = instead
                        self._receipt(armed, **told)
                case ServerError(status=status):
                    if isinstance(self._effect, Failable):
                        self._receipt(armed, status=status)
                        answer = self._effect.failed(status, fault.body)
                        self._loop.call_after(delay_ms + self._answer_ms(), self._deliver, answer, None)
                        return None
                case _:
                    assert_never(fault)
        return delay_ms, copies

    def _stop(self, armed: Armed, fault: Drop | Cut | CrashSender | CrashReceiver) -> None:
        """Let a fault happen after which this leg does not arrive."""
        power = self._power
        match fault:
            case Drop():
                self._receipt(armed)
            case Cut():
                self._receipt(armed)
                self._fail_soon(self._lost())
            case CrashSender(down_ms=down_ms):
                if power.crash(self.sender, down_ms):
                    self._receipt(armed, down_ms=down_ms)
                else:
                    self._fail_soon(self._lost())
            case CrashReceiver(down_ms=down_ms):
                if power.crash(self.receiver, down_ms):
                    self._wire.receipt(armed.event, self.receiver, str(armed), down_ms=down_ms)
                self._fail_soon(self._lost())
            case _:
                assert_never(fault)

    def _answer_ms(self) -> int:
        return self._wire.timing.answer_ms(self.sender, self.receiver)

    def _link_delay_ms(self) -> int | None:
        """Return how much longer this leg takes on its link; None when a partition swallowed it."""
        delay_ms = 0
        for state in self._wire.states(self.sender, self.receiver):
            if (more_ms := state.delay_ms) is None:
                self._landed(state, "a message was lost")
                self._wire.swallow(state, self.answer)
                return None
            if more_ms:
                self._landed(state, f"a message took {more_ms} ms longer")
                delay_ms += more_ms
        return delay_ms

    def _refuse_session(self, leg: Leg) -> None:
        """Let a database whose sessions are all in use refuse what would begin one."""
        effect = self._effect
        for state in self._wire.states(self.sender, self.receiver) if leg == "request" else ():
            if state.refuses_sessions and isinstance(effect, Beginning) and effect.begins:
                self._landed(state, "a session was refused")
                self._effect = effect.refused

    def _landed(self, state: LinkState, what: str) -> None:
        if not state.landed:
            state.landed = True
            place = str(self._boundary) if self._boundary else "a poll"
            self._wire.receipt(state.event, self.sender, what, at=place)

    def _receipt(self, armed: Armed, **figures: Json) -> None:
        if not armed.landed:  # of several messages that meet it the first leaves its receipt
            which = self._wire.roles.which(self.receiver)
            self._wire.receipt(armed.event, self.sender, str(armed), **which, **figures)
        armed.landed = True

    def _lost(self) -> Exception:
        return self._wire.errors.connection_lost(f"{self.receiver} reset the connection")

    def _fail_soon(self, error: Exception) -> None:
        self._loop.call_after(self._answer_ms(), self._deliver, None, error)

    def _time_out(self) -> None:
        if not self.answer.done():
            place = self._boundary.route if self._boundary else f"{self.sender}>{self.receiver}"
            self.answer.set_exception(
                self._wire.errors.timeout(f"{place}: no answer in {self._timeout_ms} ms")
            )


def _ignore(work: asyncio.Future[Any]) -> None:
    if not work.cancelled():
        work.exception()
