"""An analysis as DataFrames: the same figures, with times and types that pandas can work with."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from triage.frames import connections, series
from triage.model import Analysis
from triage.pipeline import analyze

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.fixture(scope="module")
def flagship() -> Analysis:
    return analyze([str(FIXTURES / "flagship-stock-verbose" / "server.log.zst")])


def test_the_series_are_counts_by_time(flagship: Analysis) -> None:
    frame = series(flagship)
    assert {"verbose", "notice", "warning", "tls-errors", "accepted", "client-closed"} == set(frame.columns)
    assert int(frame["tls-errors"].sum()) == 3761
    assert int(frame["accepted"].sum()) == 8014
    assert frame.index[0] == pd.Timestamp("2026-11-22T11:24:57")
    assert frame["tls-errors"].idxmax().floor("min") == pd.Timestamp("2026-11-22T11:28")


def test_the_busiest_seconds_can_be_asked_for(flagship: Analysis) -> None:
    per_minute = series(flagship)["accepted"].resample("1min").sum()
    assert int(per_minute.sum()) == 8014


def test_every_connection_is_a_row_with_its_age(flagship: Analysis) -> None:
    frame = connections(flagship)
    clients = flagship.incidents[0].clients
    assert clients is not None
    assert len(frame) == clients.count
    assert frame["incident"].unique().tolist() == [1]
    youngest = frame.sort_values("age_ms").iloc[0]
    assert (youngest["id"], youngest["age_ms"], youngest["age"]) == (8015, 1, 0)
    assert frame["age_ms"].isna().any()
    assert frame["age"].max() == 211


def test_a_log_without_clients_or_times_gives_empty_frames(flagship: Analysis) -> None:
    empty = replace(flagship, timeline=None, incidents=())
    assert series(empty).empty
    assert connections(empty).columns.tolist() == ["incident", "line", "age_ms"]


def test_pandas_is_loaded_only_when_a_frame_is_asked_for() -> None:
    script = "import sys, triage.frames; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
