"""Every figure of `make bench`, one a line with what is wanted of it. Benchmarks, never tests: it always exits 0."""

from __future__ import annotations

from tests.bench import (
    component_orders,
    long_history,
    machines,
    memory,
    order_defects,
    order_holds,
    orders,
    plain,
    planted_bug,
    real_worlds,
    tap_memory,
)

BENCHES = (
    orders,
    component_orders,
    order_defects,
    plain,
    machines,
    memory,
    long_history,
    tap_memory,
    real_worlds,
    planted_bug,
    order_holds,
)


def main() -> None:
    for bench in BENCHES:
        for figure in bench.figures():
            print(figure, flush=True)


if __name__ == "__main__":
    main()
