"""The backtest suite: its figures against the same worked out day by day, and what a larger grid computes."""

import math
import sys
from pathlib import Path

import pandas as pd
import pytest

from dtscheduler import use
from dtscheduler.examples.backtest_grid import (
    ENTRIES,
    EXITS,
    REGIMES,
    WINDOWS,
    backtest_grid,
    cell,
    positions,
    prices,
)


@pytest.fixture(scope="module")
def ibm():
    return prices("IBM")


def by_hand(prices, regime, window, entry, exit, cost):
    """Trade day by day: the position of a day follows from its closing price and earns on the next day."""
    worth, held, trades, days, returns = 1.0, 0, 0, 0, []
    first, last = (pd.Timestamp(day) for day in REGIMES[regime])
    values, dates = list(prices), list(prices.index)
    for day in range(len(values)):
        if not first <= dates[day] <= last:
            continue
        earned = held * (values[day] / values[day - 1] - 1)
        before = held
        if day + 1 >= window:
            past = values[day + 1 - window : day + 1]
            mean = sum(past) / window
            deviation = math.sqrt(sum((value - mean) ** 2 for value in past) / (window - 1))
            away = (values[day] - mean) / deviation
            if held and (abs(away) <= exit or away * held > 0):
                held = 0
            if not held and abs(away) >= entry:
                held = -1 if away > 0 else 1
        trades += held != 0 and held != before
        days += held != 0
        returns.append(earned - cost * abs(held - before))
        worth *= 1 + returns[-1]
    mean = sum(returns) / len(returns)
    deviation = math.sqrt(sum((each - mean) ** 2 for each in returns) / len(returns))
    return {
        "total_return": worth - 1,
        "trades": trades,
        "days_invested": days,
        "sharpe": mean / deviation * math.sqrt(252),
    }


@pytest.mark.parametrize(
    ("regime", "window", "entry", "exit"), [("bust", 10, 1.0, 0.25), ("crisis", 40, 2.0, 0.5), ("calm", 5, 1.5, 0.0)]
)
def test_the_figures_are_those_of_trading_day_by_day(ibm, regime, window, entry, exit):
    found = cell(ibm, regime, window, entry, exit, 0.0005)
    for name, value in by_hand(ibm, regime, window, entry, exit, 0.0005).items():
        assert found[name] == pytest.approx(value, rel=1e-6), name


def test_a_position_is_opened_against_the_distance_and_closed_near_the_mean():
    away = pd.Series([math.nan, 0.5, 2.1, 1.0, 0.4, -2.5, -0.6, 0.1]).to_numpy()
    assert positions(away, 2.0, 0.5).tolist() == [0, 0, -1, -1, 0, 1, 1, 0]


def test_the_deepest_fall_is_from_the_highest_point_before():
    days = pd.date_range("2003-03-12", periods=40, freq="D")
    falling = pd.Series([100.0 - day for day in range(40)], index=days)
    found = cell(falling, "calm", 5, 0.5, 0.0, 0.0)
    assert found["trades"] >= 1
    assert 0 < found["max_drawdown"] < 1
    assert found["total_return"] == pytest.approx(-found["max_drawdown"])  # it only ever lost


def test_an_exit_that_is_not_below_the_entry_fails(ibm):
    with pytest.raises(ValueError, match=r"exit \(1.0\) is not below entry \(1.0\)"):
        cell(ibm, "bust", 10, 1.0, 1.0, 0.0)


def test_the_whole_sweep_has_1760_cells():
    dag = backtest_grid()
    assert len(dag["cells"].spec.parts) == len(REGIMES) * len(WINDOWS) * len(ENTRIES) * len(EXITS) == 1760
    assert dag["cells"].spec.parts[0].name == "bust-5-0.5-0.0"


def test_missing_data_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "bokeh_sampledata", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "dtscheduler\[demo\]"'):
        prices("IBM")


def test_a_larger_grid_computes_its_new_cells_only(tmp_path: Path, _quiet_and_away_from_home):
    use(tmp_path / "workspace")
    small = {"regimes": ["crisis"], "windows": [10], "entries": [1.0, 2.0], "exits": [0.5]}
    assert backtest_grid(**small).run().status == "completed"
    larger = backtest_grid(**small | {"windows": [10, 20]})
    plan = larger.plan()
    assert (plan.reused, plan.to_run) == (3, 2)  # the prices and two cells; two cells of the other window
    frame = larger.run().results_frame("cells")
    assert frame["status"].astype(str).tolist() == ["reused", "reused", "completed", "completed"]
    assert frame["sharpe"].notna().all()
    use(_quiet_and_away_from_home)
