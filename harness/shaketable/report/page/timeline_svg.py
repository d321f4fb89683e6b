"""A timeline as inline SVG; colours come from the page's style, so that light and dark both work."""

from __future__ import annotations

from shaketable.report.page.markup import Markup, element, join
from shaketable.report.page.timeline import Arrow, Band, Mark, Timeline
from shaketable.report.printable import clipped

_COLUMN = 34
_LANE = 34
_TOP = 30
_LABEL = 132
_TICK_GAP = 62


def draw(timeline: Timeline) -> Markup:
    """Return the picture; every mark has its line of the story as a tooltip."""
    width = _LABEL + _COLUMN * max(1, len(timeline.times_ms)) + 16
    height = _TOP + _LANE * len(timeline.lanes) + 10
    parts = [_lane(name, n, width) for n, name in enumerate(timeline.lanes)]
    parts += _ticks(timeline, height)
    parts += [_band(band) for band in timeline.bands]
    parts += [_arrow(arrow) for arrow in timeline.arrows]
    parts += [_mark(mark) for mark in timeline.marks]
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_label="timeline",
    )


def _x(column: int) -> int:
    return _LABEL + _COLUMN * column + _COLUMN // 2


def _y(lane: int) -> int:
    return _TOP + _LANE * lane + _LANE // 2


def _lane(name: str, lane: int, width: int) -> Markup:
    y = _y(lane)
    return join(
        element("line", x1=_LABEL - 4, x2=width - 8, y1=y, y2=y, class_="lane"),
        element("text", clipped(name, 17), x=_LABEL - 12, y=y + 4, class_="lane-name"),
    )


def _ticks(timeline: Timeline, height: int) -> list[Markup]:
    out: list[Markup] = []
    last_ms, last_x = -1, -_TICK_GAP
    for column, time_ms in enumerate(timeline.times_ms):
        x = _x(column)
        if time_ms == last_ms or x - last_x < _TICK_GAP:
            continue
        last_ms, last_x = time_ms, x
        out.append(element("line", x1=x, x2=x, y1=_TOP - 6, y2=height - 6, class_="tick"))
        out.append(element("text", f"{time_ms / 1_000:.3f} s", x=x, y=14, class_="time"))
    return out


def _band(band: Band) -> Markup:
    x, y = _x(band.from_column), _y(band.lane)
    width = max(6, _x(band.to_column) - x)
    state = f" s-{band.label.strip('“”')}" if band.kind == "state" else ""
    shape = element("rect", x=x, y=y - 9, width=width, height=18, rx=4, class_=f"band {band.kind}{state}")
    if not band.label:
        return shape
    return join(
        shape, element("text", clipped(band.label, max(1, width // 7)), x=x + 12, y=y + 4, class_="band-name")
    )


def _arrow(arrow: Arrow) -> Markup:
    x1, y1, x2, y2 = _x(arrow.from_column), _y(arrow.from_lane), _x(arrow.to_column), _y(arrow.to_lane)
    if y1 == y2:
        lift = min(13, 5 + (x2 - x1) // 12)
        path = f"M{x1} {y1} C{x1 + 8} {y1 - lift} {x2 - 8} {y2 - lift} {x2} {y2}"
    else:
        middle = (x1 + x2) // 2
        path = f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
    return element("path", d=path, class_=f"arrow {arrow.kind}")


def _mark(mark: Mark) -> Markup:
    x, y = _x(mark.column), _y(mark.lane)
    parts = [element("title", mark.text)]
    if mark.witness:
        parts.append(element("circle", cx=x, cy=y, r=13, class_="witness"))
    parts.append(_shape(mark, x, y))
    if mark.number:
        parts.append(element("text", str(mark.number), x=x, y=y + 4, class_="number"))
    return element("g", *parts, class_=f"mark {mark.kind}")


def _shape(mark: Mark, x: int, y: int) -> Markup:
    if mark.number:
        return element("circle", cx=x, cy=y, r=9)
    if mark.kind == "landed":
        return element(
            "path",
            d=f"M{x + 2} {y - 9} L{x - 6} {y + 2} H{x - 1} L{x - 3} {y + 9} L{x + 6} {y - 3} H{x + 1} Z",
        )
    if mark.kind == "crash":
        return element("path", d=f"M{x - 6} {y - 6} L{x + 6} {y + 6} M{x + 6} {y - 6} L{x - 6} {y + 6}")
    if mark.kind == "client":
        return element("rect", x=x - 5, y=y - 5, width=10, height=10, rx=2)
    if mark.kind == "state":
        return element("circle", cx=x, cy=y, r=3)
    return element("circle", cx=x, cy=y, r=5)
