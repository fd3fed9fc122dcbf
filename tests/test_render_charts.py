"""The arithmetic of charts: axes that read well, paths that stay inside, text for whoever cannot see."""

import re
from dataclasses import replace

import pytest
from render_case import BURSTS, CALM, FAILED, FLAGSHIP, INCIDENT, START

from triage.model import Instant, Series, Timeline
from triage.render.age_chart import age_charts
from triage.render.chart_layout import NARROW, WIDE
from triage.render.charts import Scale, bars, count_ticks, merged, nice_top, short, steps, time_ticks
from triage.render.time_charts import timeline_charts, tls_error_charts


@pytest.mark.parametrize(
    ("largest", "top"),
    [(0, 1), (1, 1), (2, 2), (3, 5), (7, 10), (11, 20), (50, 50), (51, 100), (370, 500), (5001, 10000)],
)
def test_axes_end_at_a_round_number(largest: int, top: int) -> None:
    assert nice_top(largest) == top


@pytest.mark.parametrize(("count", "label"), [(0, "0"), (999, "999"), (1200, "1.2k"), (2_500_000, "2.5M")])
def test_large_counts_are_shortened(count: int, label: str) -> None:
    assert short(count) == label


def test_count_axes_mark_nothing_half_and_top() -> None:
    ticks = count_ticks(500, Scale(0, 500, 120, 20))
    assert [(tick.at, tick.label) for tick in ticks] == [(120, "0"), (70, "250"), (20, "500")]


DAY = 86_400_000


@pytest.mark.parametrize(
    ("span_ms", "most", "labels"),
    [
        (1_000, 4, ["11:24:57.0", "11:24:57.5", "11:24:58.0"]),
        (60_000, 4, ["11:25:00", "11:25:15", "11:25:30", "11:25:45"]),
        (7_200_000, 4, ["11:30", "12:00", "12:30", "13:00"]),
        (3 * DAY, 9, ["12:00", "23 Nov", "12:00", "24 Nov", "12:00", "25 Nov"]),
        (400 * DAY, 4, ["13 Dec 2026", "23 Mar 2027", "1 Jul 2027", "9 Oct 2027"]),
    ],
)
def test_time_axes_mark_round_times(span_ms: int, most: int, labels: list[str]) -> None:
    ticks = time_ticks(Scale(START.wall_ms, START.wall_ms + span_ms, 40, 900), most)
    assert [tick.label for tick in ticks] == labels
    assert all(40 <= tick.at <= 900 for tick in ticks)


@pytest.mark.parametrize(
    ("points", "most", "expected"),
    [([1, 2, 3], 3, ([1, 2, 3], 1)), ([1, 2, 3, 4, 5], 3, ([3, 7, 5], 2)), ([], 3, ([], 1))],
)
def test_buckets_are_added_up_until_they_fit(points, most, expected) -> None:
    assert merged(points, most) == expected


def test_bars_stand_on_their_base_and_skip_empty_buckets() -> None:
    x, y = Scale(0, 4, 0, 40), Scale(0, 10, 100, 0)
    assert bars([0, 0, 5, 0], [10, 0, 5, 0], x, y) == "M0 100V0H9V100zM20 50V0H29V50z"


def test_one_among_many_is_still_seen() -> None:
    assert bars([0], [1], Scale(0, 100, 0, 100), Scale(0, 10_000, 100, 0)) == "M0 100V99H1V100z"


def test_a_stepping_line_goes_through_every_bucket() -> None:
    assert steps([1, 1, 3], Scale(0, 3, 0, 30), Scale(0, 4, 40, 0)) == "M0 30H20V10H30"


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", path)]


@pytest.mark.parametrize(("at", "width"), [(0, WIDE), (1, NARROW)])
def test_the_timeline_stays_inside_its_box(at: int, width: int) -> None:
    pair = timeline_charts(FLAGSHIP)
    assert pair is not None
    chart = pair[at]
    assert chart.width == width
    for lane in chart.lanes:
        assert 0 < lane.top < lane.bottom <= chart.bottom < chart.height
        for shape in lane.shapes:
            assert all(0 <= number <= max(width, lane.bottom) for number in numbers(shape.path))
    assert all(chart.left <= tick.at <= chart.right for tick in chart.ticks)


def test_the_timeline_has_lanes_legend_and_the_failure() -> None:
    pair = timeline_charts(FLAGSHIP)
    assert pair is not None
    labels = [lane.label for lane in pair[0].lanes]
    assert labels == ["Log lines per second", "TLS errors per second", "Connections per second"]
    assert [key.text.split()[0] for key in pair[0].lanes[0].keys] == ["verbose", "notice", "warning"]
    assert [flag.label for flag in pair[0].flags] == ["failed 11:28:28"]
    assert pair[0].flags[0].x == pytest.approx(
        Scale(START.wall_ms, START.wall_ms + 212_000, 40, WIDE - 12)(FAILED.wall_ms)
    )


def test_the_description_says_what_the_picture_shows() -> None:
    pair = timeline_charts(FLAGSHIP)
    assert pair is not None
    assert pair[0].description.startswith("From 22 Nov 2026, 11:24:57.000 to 11:28:29.000. Log lines per second: ")
    assert pair[0].description.endswith("Failure marked at 11:28:28.362.")


def test_a_calm_timeline_marks_no_failure() -> None:
    pair = timeline_charts(CALM)
    assert pair is not None
    assert pair[0].flags == ()


@pytest.mark.parametrize(
    "timeline",
    [
        None,
        Timeline(START, 1, ()),
        Timeline(START, 1, (Series("notice", ()),)),
        Timeline(START, 1, (Series("x", (1,)),)),
    ],
    ids=["none", "no series", "no points", "unknown series"],
)
def test_without_figures_there_is_no_chart(timeline) -> None:
    assert timeline_charts(replace(FLAGSHIP, timeline=timeline)) is None


def test_labels_of_close_failures_do_not_cover_each_other() -> None:
    close = tuple(replace(INCIDENT, time=Instant(FAILED.wall_ms - 200 * n)) for n in range(5))
    pair = timeline_charts(replace(FLAGSHIP, incidents=close))
    assert pair is not None
    assert len(pair[1].flags) == 5
    assert len([flag for flag in pair[1].flags if flag.label]) == 1


def test_the_tls_chart_is_a_close_up_with_the_bursts_shaded() -> None:
    pair = tls_error_charts(BURSTS, INCIDENT)
    assert pair is not None
    assert len(pair[0].spans) == 1
    assert pair[0].flags[0].label == "failed 11:28:28"


BROKEN_SERIES = [
    None,
    "text",
    {},
    {"start": "soon", "bucket_seconds": 1, "counts": [1]},
    {"start": "2026-11-22T11:27:28.000", "bucket_seconds": 0, "counts": [1]},
    {"start": "2026-11-22T11:27:28.000", "bucket_seconds": 1, "counts": []},
    {"start": "2026-11-22T11:27:28.000", "bucket_seconds": 1, "counts": ["1"]},
    {"start": "2026-11-22T11:27:28.000", "bucket_seconds": 1, "counts": [-1]},
]


@pytest.mark.parametrize("series", BROKEN_SERIES)
def test_a_series_that_is_none_draws_nothing(series) -> None:
    assert tls_error_charts(replace(BURSTS, data={"series": series}), INCIDENT) is None


def test_ages_are_drawn_in_order_with_the_young_ones_marked() -> None:
    charts = age_charts({"<=8ms": 1, "<=100ms": 5, "older": 0})
    assert charts is not None
    assert [(bar.label, bar.count, bar.young) for bar in charts[0].bars] == [
        ("≤ 8 ms", 1, True),
        ("≤ 100 ms", 5, False),
        ("older", 0, False),
    ]
    assert charts[0].bars[2].width == 0
    assert "6 open connections by age. ≤ 8 ms: 1, ≤ 100 ms: 5, older: 0." in charts[0].description


@pytest.mark.parametrize("spread", [None, [], {}, {"<=8ms": 0}, {"<=8ms": "1"}])
def test_without_open_connections_there_is_no_age_chart(spread) -> None:
    assert age_charts(spread) is None


def timeline_of(*points: int) -> Timeline:
    return Timeline(Instant(FAILED.wall_ms // 1000 * 1000 - 3000), 1, (Series("notice", points),))


def test_the_axis_ends_where_the_log_does() -> None:
    pair = timeline_charts(replace(CALM, timeline=timeline_of(4, 0, 2, 0, 0, 0)))
    assert pair is not None
    assert pair[0].description.startswith("From 22 Nov 2026, 11:28:25.000 to 11:28:28.000.")


def test_a_failure_behind_the_last_line_is_still_on_the_axis() -> None:
    pair = timeline_charts(replace(FLAGSHIP, timeline=timeline_of(4, 2, 0, 0, 0)))
    assert pair is not None
    assert [flag.label for flag in pair[0].flags] == ["failed 11:28:28"]


def test_a_log_of_two_seconds_is_no_chart() -> None:
    assert timeline_charts(replace(CALM, timeline=timeline_of(4, 2, 0, 0))) is None
