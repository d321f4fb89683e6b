"""The same plain asyncio workload on our loop and on detangle's, in one run."""

from __future__ import annotations

import asyncio

import detangle

from shaketable.sim.loop import SimLoop
from tests.bench.figure import Figure
from tests.bench.pace import compare

RATIO_WANTED = 1.5


async def order_pipeline() -> int:
    """Five orders through three stages of queues, with locks, timeouts and sleeps, as services have them."""
    stages = [asyncio.Queue[int]() for _ in range(4)]
    stock = asyncio.Lock()
    done = 0

    async def stage(n: int) -> None:
        while True:
            order = await stages[n].get()
            async with stock:
                await asyncio.sleep(0.001)
            async with asyncio.timeout(1):
                await asyncio.sleep(0.002 * (order % 3))
            await stages[n + 1].put(order)

    workers = [asyncio.create_task(stage(n)) for n in range(3) for _ in range(2)]
    for order in range(5):
        await stages[0].put(order)
    for _ in range(5):
        await stages[3].get()
        done += 1
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return done


def on_ours() -> None:
    loop = SimLoop()  # type: ignore[abstract]  # what it lacks is refused
    assert loop.run_until_complete(order_pipeline()) == 5
    loop.close()


def on_detangle() -> None:
    result = detangle.execute(order_pipeline, strategy=detangle.FIFO())
    assert result.failure is None
    assert result.value == 5


def figures() -> list[Figure]:
    rates = compare({"ours": on_ours, "detangle": on_detangle}, rounds=5, seconds=0.6)
    note = f"(ours {rates['ours']:,.0f}/s, detangle {rates['detangle']:,.0f}/s)"
    ratio = rates["ours"] / rates["detangle"]
    return [
        Figure("plain asyncio workload: our runs/s against detangle's", ratio, note, at_least=RATIO_WANTED)
    ]
