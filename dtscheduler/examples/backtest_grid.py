"""When did buying the dip pay? A mean-reversion strategy on real prices, swept over its parameters and four markets.

Daily closing prices of Apple, IBM and Microsoft from 2000 to 2013 come with the PyPI package bokeh_sampledata:
``pip install "dtscheduler[demo]"``. The strategy buys a share when its price is unusually low against the mean of the
last days, sells it short when it is unusually high, and leaves when it is back near the mean.

    prices ──> cells (a part for each regime, window, entry and exit: 4 x 8 x 11 x 5 = 1,760)

A cell whose exit lies not below its entry makes no sense and fails: a sweep has such cells, and goes on.
"""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal, TypedDict

import numpy as np
import pandas as pd
from pydantic import Field

from dtscheduler import DAG, ParallelTask, Task, batch, grid, suite

Ticker = Literal["AAPL", "IBM", "MSFT"]
Regime = Literal["bust", "calm", "crisis", "recovery"]

REGIMES: dict[Regime, tuple[str, str]] = {
    "bust": ("2000-03-01", "2003-03-11"),
    "calm": ("2003-03-12", "2007-10-09"),
    "crisis": ("2007-10-10", "2009-03-09"),
    "recovery": ("2009-03-10", "2013-03-01"),
}
WINDOWS = [5, 10, 15, 20, 30, 40, 60, 90]
ENTRIES = [0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0]
EXITS = [0.0, 0.25, 0.5, 0.75, 1.0]
TRADING_DAYS = 252


class Figures(TypedDict):
    """What a cell gives: yearly Sharpe ratio, total return and deepest fall (shares of one), trades, days invested."""

    sharpe: float
    total_return: float
    max_drawdown: float
    trades: int
    days_invested: int


@batch()
def prices(ticker: Ticker) -> pd.Series[float]:
    """Read the closing prices of one share, adjusted for splits and dividends, by day."""
    table = pd.read_csv(_data_folder() / "stocks.csv.gz", parse_dates=["Date"])
    found = table[table["Ticker"] == ticker].set_index("Date")["Adj Close"]
    if found.empty:
        raise ValueError(f"there are no prices of {ticker!r}; there are: {', '.join(sorted(set(table['Ticker'])))}")
    return found.sort_index()


@batch()
def cell(prices: pd.Series[float], regime: Regime, window: int, entry: float, exit: float, cost: float) -> Figures:
    """Trade one market with one set of parameters.

    Args:
        prices: closing prices by day; those before the regime fill the first window.
        regime: which market.
        window: days over which mean and standard deviation are taken.
        entry: standard deviations from the mean at which a position is opened.
        exit: standard deviations from the mean at which it is closed; below ``entry``.
        cost: of opening or closing, as a share of the price.
    """
    if exit >= entry:
        raise ValueError(f"exit ({exit}) is not below entry ({entry}): a position would be closed as it is opened")
    first, last = REGIMES[regime]
    rolling = prices.rolling(window)
    distance = ((prices - rolling.mean()) / rolling.std())[first:last]
    position = positions(distance.to_numpy(), entry, exit)
    earned = prices.pct_change()[first:last].fillna(0.0).to_numpy()
    turnover = np.abs(np.diff(position, prepend=0.0))
    daily = np.concatenate(([0.0], position[:-1])) * earned - cost * turnover
    worth = np.cumprod(1 + daily)
    return {
        "sharpe": sharpe(daily),
        "total_return": float(worth[-1] - 1),
        "max_drawdown": float(np.max(1 - worth / np.maximum.accumulate(worth))),
        "trades": int(np.count_nonzero((position != 0) & (turnover > 0))),
        "days_invested": int(np.count_nonzero(position)),
    }


@suite
def backtest_grid(
    ticker: Ticker = "IBM",
    regimes: Annotated[list[Regime], Field(min_length=1)] = list(REGIMES),
    windows: Annotated[list[Annotated[int, Field(ge=2, le=250)]], Field(min_length=1)] = WINDOWS,
    entries: Annotated[list[Annotated[float, Field(gt=0, le=10)]], Field(min_length=1)] = ENTRIES,
    exits: Annotated[list[Annotated[float, Field(ge=0, le=10)]], Field(min_length=1)] = EXITS,
    cost: Annotated[float, Field(ge=0, le=0.1)] = 0.0005,
) -> DAG:
    """Sweep a mean-reversion strategy over markets and parameters; results that are there are not computed again.

    Args:
        ticker: The share that is traded.
        regimes: The markets it is traded in.
        windows: Days over which the mean is taken.
        entries: Standard deviations from the mean at which a position is opened.
        exits: Standard deviations at which it is closed.
        cost: Of opening or closing a position, as a share of the price.
    """
    cells_named = "{regime}-{window}-{entry}-{exit}"
    axes = grid(regime=regimes, window=windows, entry=entries, exit=exits, cost=[cost], name=cells_named)
    with DAG(Name=f"Backtest {ticker}", DevRun=True, WorkDir=Path(__file__).parent, Reuse="content") as dag:
        read = Task(Name="prices", Entrypoint="backtest_grid.prices", ConfigurationJson={"ticker": ticker}, Memory=300)
        cells = ParallelTask(Name="cells", Entrypoint="backtest_grid.cell", ConfigurationJson=axes, Memory=300)
        read >> cells
    return dag


def positions(distance: np.ndarray, entry: float, exit: float) -> np.ndarray:
    """1.0 for a share held, -1.0 for one sold short, 0.0 for none, by day.

    Args:
        distance: of the price from its mean, in standard deviations; NaN where there is no mean yet.
        entry: opens a position against the distance.
        exit: closes it, and so does a price on the other side of the mean.
    """
    held, found = 0.0, np.zeros(len(distance))
    for day, away in enumerate(distance):
        if math.isnan(away):
            continue
        if held and (abs(away) <= exit or away * held > 0):
            held = 0.0
        if not held and abs(away) >= entry:
            held = -math.copysign(1.0, away)
        found[day] = held
    return found


def sharpe(daily: np.ndarray) -> float:
    """The yearly Sharpe ratio of daily returns; 0 where nothing was earned or lost."""
    deviation = float(np.std(daily))
    return float(np.mean(daily)) / deviation * math.sqrt(TRADING_DAYS) if deviation else 0.0


def _data_folder() -> Path:
    """Find the data files of bokeh_sampledata without importing it, which would look for a folder in the user's home."""
    spec = find_spec("bokeh_sampledata")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            'the prices are not installed here: pip install "dtscheduler[demo]"', name="bokeh_sampledata"
        )
    return Path(spec.submodule_search_locations[0]) / "_data"
