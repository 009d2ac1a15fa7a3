import pandas as pd
import pytest

from topoquant.lib.bars import read_series
from topoquant.lib.errors import InputError


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "file.csv").write_text(text)
        return tmp_path / "file.csv"

    return write


def known(series):
    return series["available_at"].dt.strftime("%F %H:%M").tolist()


def test_a_value_of_a_date_is_known_when_the_day_is_over(written):
    series = read_series(
        written("Date,Open,Close,Volume\n2024-01-02,1,20,0\n2024-01-01,1,10,0\n"), name="gold"
    )
    assert list(series.columns) == ["available_at", "value"]
    assert str(series["available_at"].dtype) == "datetime64[ns, UTC]"
    assert known(series) == ["2024-01-02 00:00", "2024-01-03 00:00"]
    assert series["value"].tolist() == [10, 20]
    assert any("the day of its date is over" in note for note in series.attrs["notes"])


def test_a_value_within_a_day_is_known_an_interval_later(written, tmp_path):
    frame = pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-01 10:00", "2024-01-01 11:00"], utc=True)})
    frame.assign(close=[1.0, 2.0]).to_parquet(tmp_path / "file.parquet")
    assert known(read_series(tmp_path / "file.parquet", name="x")) == ["2024-01-01 11:00", "2024-01-01 12:00"]


def test_the_day_of_a_zone_is_over_when_its_clock_says_so(written):
    # 31 March 2024 has 23 hours in Berlin.
    path = written("date,value\n2024-03-30,1\n2024-03-31,2\n2024-04-01,3\n")
    series = read_series(path, name="x", time_zone="Europe/Berlin")
    assert known(series) == ["2024-03-30 23:00", "2024-03-31 22:00", "2024-04-01 22:00"]


def test_a_day_of_25_hours_is_over_after_25_hours(written):
    # Clocks of New York were set back on 3 November 2024.
    days = [f"2024-11-0{day}T00:00:00-0{4 if day < 4 else 5}:00" for day in (5, 4, 3, 2)]
    series = read_series(written("date,value\n" + "".join(f"{day},1\n" for day in days)), name="x")
    assert known(series) == ["2024-11-03 04:00", "2024-11-04 05:00", "2024-11-05 05:00", "2024-11-06 05:00"]


def test_weekends_without_values_are_no_longer_step(written):
    days = pd.bdate_range("2024-01-01", periods=10).strftime("%F")
    series = read_series(written("date,value\n" + "".join(f"{day},1\n" for day in days)), name="x")
    assert len(series) == 10


def test_dates_far_apart_must_say_when_they_were_published(written):
    with pytest.raises(InputError, match="column available_at"):
        read_series(written("date,value\n2024-01-01,1\n2024-02-01,2\n2024-03-01,3\n"), name="cpi")
    text = "date,available_at,value\n2024-01-01,2024-02-13T13:30Z,1\n2024-02-01,2024-03-12T12:30Z,2\n"
    assert known(read_series(written(text), name="cpi")) == ["2024-02-13 13:30", "2024-03-12 12:30"]


def test_blanks_are_dropped_and_counted(written):
    values = ["5.33", ".", "5.34", "5.35", "", "5.36", "5.37"]
    rows = "".join(f"2024-01-0{day},{value}\n" for day, value in enumerate(values, start=1))
    series = read_series(written("observation_date,DFF\n" + rows), name="rate")
    assert series["value"].tolist() == [5.33, 5.34, 5.35, 5.36, 5.37]
    assert any("2 rows without a value dropped" in note for note in series.attrs["notes"])


def test_the_column_of_the_name_is_the_value(written):
    series = read_series(written("date,SPX,DXY\n2024-01-01,1,2\n2024-01-02,3,4\n"), name="dxy")
    assert series["value"].tolist() == [2, 4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "date,value\n2024-01-01,1\n2024-01-01,1\n2024-01-02,1\n",
            "macro x must be one value per time, got 2",
        ),
        ("date,a,b\n2024-01-01,1,1\n2024-01-02,1,1\n", "a table of one stamp .* and one value"),
        ("date,close,value\n2024-01-01,1,1\n2024-01-02,1,1\n", "a table of one stamp .* and one value"),
        ("date,time,value\n2024-01-01,1,1\n2024-01-02,1,1\n", "a table of one stamp"),
        ("day,value\n2024-01-01,1\n2024-01-02,1\n", "a table of one stamp"),
        ("date,value\n2024-01-01,1\n2024-01-02,high\n", "must be numbers, got 'high'"),
        ("date,value\n2024-01-01,1\n2024-01-02,\n", "two rows or more, got 1 finite"),
        ("date,value\n2024-01-01,1\n2024-01-02,inf\n", "two rows or more, got 1 finite"),
        ("date,value\n2024-01-01 10:00,1\n2024-01-01 11:00,1\n", "say it with time_zone"),
        ("2024-01-01,1\n2024-01-02,1\n", "2 columns and no header"),
    ],
)
def test_what_is_no_series_is_refused(written, text, message):
    with pytest.raises(InputError, match=message):
        read_series(written(text), name="x")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="macro x must be a file"):
        read_series(tmp_path, name="x")
