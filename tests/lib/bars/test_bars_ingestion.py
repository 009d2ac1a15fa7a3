"""From a request to checked bars, and to what stands beside them."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from topoquant.lib.bars import MarketOptions, MarketRequest, read_market, resample_bars, synthetic_bars
from topoquant.lib.errors import InputError
from topoquant.schemas import BARS, MACRO, TRUTH


def options(**changes) -> MarketOptions:
    return MarketOptions(
        **({"interval": "15m", "n_bars": 200, "correlation": 0.6, "drop_last": False} | changes)
    )


def request(**changes) -> MarketRequest:
    given = {
        "source": "synthetic", "path": None, "symbol": "SYN", "kind": "noise", "seed": 1, "start": None,
        "end": None, "raw_folder": "01_raw", "binance": None,
    }  # fmt: skip
    return MarketRequest(**(given | changes))


def write(folder: Path, name: str, interval: str, n_bars: int, start: str = "2024-01-01", **changes) -> Path:
    """Write a made-up market to a parquet file whose name says its symbol."""
    bars = synthetic_bars("noise", n_bars=n_bars, seed=3, interval=interval, start=start).bars
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{interval}.parquet"
    bars.assign(**changes).drop(columns="symbol").to_parquet(path)
    return path


def read_files(path: Path, symbol="BTCUSDT", span=None, **changes):
    start, end = span or (None, None)
    return read_market(
        request(source="files", path=str(path), symbol=symbol, start=start, end=end), options(**changes)
    )


def notes(market, i=0) -> str:
    return "\n".join(market.quality[i]["notes"])


def test_symbols_come_out_in_order_whatever_order_they_were_asked_in():
    one, other = (read_market(request(symbol=symbol), options()) for symbol in ("ETH+BTC", "BTC+ETH"))
    assert one.bars["symbol"].unique().tolist() == ["BTC", "ETH"]
    assert [record["symbol"] for record in one.quality] == ["BTC", "ETH"]
    pd.testing.assert_frame_equal(one.bars, other.bars)


def test_one_synthetic_symbol_is_the_market_of_that_seed():
    market = read_market(request(seed=7), options())
    made = synthetic_bars("noise", n_bars=200, seed=7, interval="15m", symbol="SYN")
    pd.testing.assert_frame_equal(market.bars, made.bars)
    pd.testing.assert_frame_equal(market.truth, made.truth, check_like=True)


def test_several_synthetic_symbols_move_together():
    for correlation, low, high in [(0.0, -0.1, 0.1), (0.8, 0.6, 0.9)]:
        market = read_market(request(symbol="A+B"), options(n_bars=3000, correlation=correlation))
        close = market.bars.pivot_table(index="open_time", columns="symbol", values="close")
        found = np.log(close).diff().corr().loc["A", "B"]
        assert low < found < high


def test_what_was_not_given_has_no_rows_and_is_said_to_be_absent():
    market = read_market(request(symbol="A+B"), options())
    BARS.validate(market.references)
    MACRO.validate(market.macro)
    TRUTH.validate(market.truth)
    assert len(market.references) == len(market.macro) == 0
    assert "no reference bars (market.references)" in notes(market)
    assert "no macro series (market.macro)" in notes(market)
    assert "absent" not in notes(market, 1)


def test_a_synthetic_reference_is_made_beside_the_market_and_has_no_truth():
    market = read_market(request(), options(n_bars=3000, references={"ETH": None}))
    BARS.validate(market.references)
    assert market.references["symbol"].unique().tolist() == ["ETH"]
    assert market.references["open_time"].tolist() == market.bars["open_time"].tolist()
    moves = [np.log(one["close"]).diff()[1:] for one in (market.bars, market.references)]
    assert np.corrcoef(*moves)[0, 1] == pytest.approx(0.6, abs=0.15)
    assert set(market.truth["symbol"]) == {"SYN"}
    assert [record["symbol"] for record in market.quality] == ["SYN"]
    assert "reference ETH: 3,000 bars of 15m" in notes(market)


def test_finer_bars_are_resampled_and_an_unfinished_one_is_reported(tmp_path):
    now = pd.Timestamp.now("UTC").floor("5min")
    start = now - 1199 * pd.Timedelta("5min")
    bars = synthetic_bars("noise", n_bars=1200, seed=1, interval="5m", start=str(start)).bars
    path = tmp_path / "bars.parquet"
    bars.drop(index=600).to_parquet(path)
    market = read_files(path, symbol="SYN")
    report = market.quality[0]
    assert report["dropped_unfinished"]
    assert report["n_missing_bars"] == 1
    assert "resampled from 1,198 bars of 5m, 1 missing" in report["notes"]
    steps = market.bars["open_time"].diff().dropna()
    assert sorted(steps.unique()) == [pd.Timedelta("15min"), pd.Timedelta("30min")]
    assert market.bars["open_time"].iloc[-1] + pd.Timedelta("15min") <= now


def test_of_a_folder_the_finest_interval_is_read_unless_another_is_named(tmp_path):
    folder = tmp_path / "bars"
    for name in ("BTCUSDT", "ETHUSDT"):
        write(folder, name, "1m", 100)
        write(folder, name, "15m", 300)
    finest = read_files(folder, symbol="BTCUSDT+ETHUSDT")
    assert finest.bars.groupby("symbol").size().to_dict() == {"BTCUSDT": 6, "ETHUSDT": 6}
    assert "resampled from 100 bars of 1m, 0 missing" in notes(finest)
    # What they were made of is kept, that of the market's own symbols.
    BARS.validate(finest.finer)
    assert finest.finer.groupby("symbol").size().to_dict() == {"BTCUSDT": 100, "ETHUSDT": 100}
    named = read_files(folder, symbol="BTCUSDT+ETHUSDT", source_interval="15m")
    assert named.bars.groupby("symbol").size().to_dict() == {"BTCUSDT": 300, "ETHUSDT": 300}
    assert len(named.finer) == 0
    with pytest.raises(InputError, match=r"interval must be .*got 5m"):
        read_files(folder, source_interval="5m")
    with pytest.raises(InputError, match=r"market.source_interval must be 1m, as .* has, got 5m"):
        read_files(folder / "BTCUSDT-1m.parquet", source_interval="5m")


def test_the_last_bar_of_a_file_goes_and_that_of_a_cut_stays(tmp_path):
    path = write(tmp_path, "BTCUSDT", "15m", 300)
    last = read_files(path).bars["open_time"].iloc[-1]
    quarter = pd.Timedelta("15min")
    assert read_files(path, drop_last=True).bars["open_time"].iloc[-1] == last - quarter
    # The end lies inside the file: the bar before it had long closed when the file was saved.
    cut = read_files(path, span=(None, str(last)), drop_last=True)
    assert cut.bars["open_time"].iloc[-1] == last - quarter
    beyond = read_files(path, span=(None, str(last + quarter)), drop_last=True)
    assert beyond.bars["open_time"].iloc[-1] == last - quarter


def test_a_last_minute_that_goes_takes_its_longer_bar_with_it(tmp_path):
    path = write(tmp_path, "BTCUSDT", "5m", 300)
    assert len(read_files(path).bars) == 100
    assert len(read_files(path, drop_last=True).bars) == 99


def test_a_reference_from_a_file_is_resampled_cut_and_described(tmp_path):
    path = write(tmp_path, "BTCUSDT", "15m", 300)
    other = write(tmp_path / "other", "ETHUSDT", "5m", 900)
    span = ("2024-01-01 06:00", "2024-01-03")
    market = read_files(path, span=span, references={"ETHUSDT": str(other)})
    assert market.references["open_time"].tolist() == market.bars["open_time"].tolist()
    fine = synthetic_bars("noise", n_bars=900, seed=3, interval="5m").bars
    expected = resample_bars(fine, "15m").iloc[24:192]
    np.testing.assert_array_equal(market.references["close"], expected["close"])
    assert "reference ETHUSDT: 168 bars of 15m" in notes(market)
    assert "reference ETHUSDT: resampled from 504 bars of 5m, 0 missing" in notes(market)


def test_a_reference_without_a_path_comes_from_the_files_of_the_run(tmp_path):
    folder = tmp_path / "bars"
    write(folder, "BTCUSDT", "15m", 300)
    other = synthetic_bars("noise", n_bars=300, seed=4, interval="15m").bars.drop(columns="symbol")
    other.to_parquet(folder / "ETHUSDT-15m.parquet")
    market = read_files(folder, references={"ETHUSDT": None})
    np.testing.assert_array_equal(market.references["close"], other["close"])
    several = tmp_path / "coins.parquet"
    parts = [market.bars.assign(symbol="BTCUSDT"), other.assign(symbol="ETHUSDT")]
    pd.concat(parts, ignore_index=True).to_parquet(several)
    again = read_files(several, references={"ETHUSDT": None})
    np.testing.assert_array_equal(again.references["close"], other["close"])
    with pytest.raises(InputError, match="LTCUSDT"):
        read_files(several, references={"LTCUSDT": None})
    with pytest.raises(InputError, match="LTCUSDT"):
        read_files(folder, references={"LTCUSDT": None})


def test_a_series_is_long_and_known_from_its_publication(tmp_path):
    path = write(tmp_path, "BTCUSDT", "15m", 300)
    file = tmp_path / "dxy.csv"
    file.write_text("available_at,value\n2024-01-01T00:00:00Z,101.5\n2024-01-02T00:00:00Z,102.0\n")
    market = read_files(path, macro={"vix": str(file), "dxy": str(file)})
    MACRO.validate(market.macro)
    assert market.macro["name"].tolist() == ["dxy", "dxy", "vix", "vix"]
    assert market.macro["value"].tolist() == [101.5, 102.0, 101.5, 102.0]
    assert "macro dxy: 2 values, known from 2024-01-01T00:00:00+00:00" in notes(market)


def test_a_column_that_some_bars_lack_is_left_out_of_all_and_said(tmp_path):
    write(tmp_path / "bars", "BTCUSDT", "15m", 300)
    path = write(tmp_path / "bars", "ETHUSDT", "15m", 300)
    part = pd.read_parquet(path)
    part.loc[:99, "taker_buy_volume"] = np.nan
    part.drop(columns="trades").to_parquet(path)
    market = read_files(tmp_path / "bars", symbol="BTCUSDT+ETHUSDT")
    assert market.bars.columns[7:].tolist() == ["quote_volume"]
    BARS.validate(market.bars)
    for record in market.quality:
        assert record["absent_columns"] == ["trades", "taker_buy_volume"]
    assert "taker_buy_volume left out: not every symbol has it" in notes(market, 0)
    assert "taker_buy_volume left out: empty in 100 of 300 bars" in notes(market, 1)
    assert "order flow is absent, not estimated" in notes(market, 1)


REFUSALS = [
    ({"symbol": "A+A"}, {}, "symbol must be different names"),
    ({"start": "2024-02-01", "end": "2024-01-01"}, {}, "start must be before end"),
    ({"start": "soon"}, {}, "start must be a date"),
    ({"source": "nope"}, {}, "source must be one of synthetic, files, binance, got 'nope'"),
    ({"path": "a.csv"}, {}, "path must be left out when source=synthetic"),
    ({"source": "files"}, {}, "path must be a file or a folder"),
    ({"source": "binance"}, {}, "start must be given when source=binance"),
    ({}, {"source_interval": "10m"}, "market.source_interval must be 15m or a whole part of it, got 10m"),
    ({}, {"source_interval": "1h"}, "market.source_interval must be 15m or a whole part"),
    ({}, {"references": {"SYN": None}}, "market.references.SYN must be another symbol"),
    ({}, {"references": {"ETH": "eth.csv"}}, "market.references.ETH must be null when source=synthetic"),
    ({}, {"macro": {"dxy": "nowhere.csv"}}, "market.macro.dxy must be an existing file or folder"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "market", "said"), REFUSALS)
def test_a_contradiction_is_refused_before_anything_is_read(asked, market, said):
    with pytest.raises(InputError, match=said):
        read_market(request(**asked), options(**market))


def test_too_few_bars_for_one_longer_bar_are_refused(tmp_path):
    path = write(tmp_path, "BTCUSDT", "1m", 12)
    with pytest.raises(InputError, match="enough for one whole bar of 15m, got 12 bars of 1m"):
        read_files(path)


@pytest.mark.skipif("TOPOQUANT_DATA" not in os.environ, reason="TOPOQUANT_DATA is not set")
def test_real_minutes_with_and_without_takers(tmp_path):
    folder = Path(os.environ["TOPOQUANT_DATA"])
    for name in ("btcusdt_spot_1m_2026-03_2026-05", "btcusdt_spot_1m_ohlcv_2026-06_2026-07"):
        (tmp_path / f"{name}.parquet").symlink_to(folder / f"{name}.parquet")
    both = read_files(tmp_path, span=("2026-05-25", "2026-06-05"), drop_last=True)
    assert len(both.bars) == 11 * 96
    assert both.quality[0]["n_gaps"] == 0
    assert "taker_buy_volume" not in both.bars
    assert "taker_buy_volume left out: empty in" in notes(both)
    first = read_files(tmp_path, span=("2026-05-25", "2026-06-01"), drop_last=True)
    assert first.bars["taker_buy_volume"].between(0, first.bars["volume"]).all()
