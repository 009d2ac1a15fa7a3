"""Real files: the clean ones pass, and each bad one is refused for what is wrong with it."""

import pandas as pd
import pytest

from topoquant.lib.bars import infer_interval, validate_bars
from topoquant.lib.errors import InputError

DAILY = ("daily_cmc_5coins_2013_2021", "daily_yahoo_5coins_2014_2022", "daily_binance_4coins_2017_2026")
KST = "messy/binance_BTCUSDT_1m_naive_kst_stamps"
TRUE_UTC = "btcusdt_spot_1m_ohlcv_2026-06_2026-07"


def load(folder, name, symbol=None):
    """One symbol of a parquet file, as UTC; where there is no base volume, 1 stands in."""
    frame = pd.read_parquet(folder / f"{name}.parquet").rename(
        columns={"timestamp": "open_time", "ts": "open_time"}
    )
    if symbol is not None:
        frame = frame.loc[frame["symbol"] == symbol]
    frame = frame.assign(open_time=pd.to_datetime(frame["open_time"], utc=True))
    if "volume" not in frame:
        frame = frame.drop(columns="quote_volume", errors="ignore").assign(volume=1.0)
    return frame.reset_index(drop=True)


def clean_files(folder):
    for file in sorted([*folder.glob("*.parquet"), *(folder / "extra").glob("*.parquet")]):
        name = str(file.relative_to(folder)).removesuffix(".parquet")
        symbols = pd.read_parquet(file, columns=["symbol"])["symbol"].unique() if name in DAILY else [None]
        for symbol in symbols:
            yield name, symbol


def test_every_clean_file_passes_and_its_largest_move_is_far_from_the_limit(real_data):
    names = list(clean_files(real_data))
    assert len(names) == 28
    for name, symbol in names:
        bars = load(real_data, name, symbol)
        report = validate_bars(bars, infer_interval(bars))
        assert report.moves.largest < 0.65 * report.moves.limit, (name, symbol)
        if "_gap" in name:
            assert (len(report.gaps), report.n_missing_bars > 11_000) == (1, True)


def test_the_flash_crash_of_2017_is_a_wick_and_no_refusal(real_data):
    bars = load(real_data, "daily_btcusd_2011_2025")
    (wick,) = validate_bars(bars, "1d").moves.far_wicks
    assert (wick["open_time"][:10], wick["price"]) == ("2017-04-15", 0.06)


def test_prices_of_a_test_network_are_refused(real_data):
    bars = load(real_data, "messy/bybit_testnet_BTCUSDT_1m_pagination_gaps")
    message = r"147662 to 45706.6 at 2024-12-09 01:34.* a factor of 3.23 \(16 of 105,076 rows.*test network"
    with pytest.raises(InputError, match=message):
        validate_bars(bars, "1m")
    allowed = validate_bars(bars, "1m", max_move=20)
    assert len(allowed.gaps) == 524
    assert allowed.n_missing_bars == 419_724


def test_korean_time_read_as_utc_is_refused(real_data):
    bars, right = load(real_data, KST), load(real_data, TRUE_UTC)
    other_interval = load(real_data, "btcusdt_spot_15m_2023-04_2026-07")
    for reference in (right, other_interval):
        with pytest.raises(InputError, match=r"shifted by \+9 h"):
            validate_bars(bars, "1m", reference=reference)
    moved = bars.assign(open_time=bars["open_time"] - pd.Timedelta("9h"))
    assert validate_bars(moved, "1m", reference=right).calendar["agreement"] > 0.99


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        (DAILY[0], "BTC"),
        (DAILY[0], "ETH"),
        (DAILY[0], "DOGE"),
        (DAILY[2], "ETH"),
        ("daily_btcusd_2011_2025", None),
    ],
)
def test_dates_three_years_off_are_refused_against_any_coin(real_data, name, symbol):
    frame = pd.read_csv(real_data / "messy/cmc_coin_Bitcoin_dates_shifted_3y_ddmmyyyy.csv")
    frame.columns = frame.columns.str.lower()
    stamps = pd.to_datetime(frame["date"], format="%d-%m-%Y %H:%M", utc=True).dt.floor("D")
    bars = frame[["open", "high", "low", "close"]].assign(open_time=stamps, volume=1.0)
    with pytest.raises(InputError, match=r"shifted by \+1,096 days"):
        validate_bars(bars, "1d", reference=load(real_data, name, symbol))


@pytest.mark.parametrize(
    ("name", "other"),
    [("ltc", "xrp"), ("doge", "xrp"), ("xrp", "ltc")],
)
def test_real_coins_are_in_step_with_each_other(real_data, name, other):
    bars, reference = (
        load(real_data, f"extra/{coin}usdt_spot_15m_2023-04_2026_gap") for coin in (name, other)
    )
    assert validate_bars(bars, "15m", reference=reference).calendar["agreement"] > 0.4


def test_swapped_volumes_are_counted_row_by_row(real_data):
    frame = pd.read_csv(real_data / "messy/bitstamp_BTC-USD-1h_newest_first_swapped_volume.csv.gz")[::-1]
    frame.columns = frame.columns.str.lower()
    frame = frame.rename(columns={"volume btc": "volume", "volume usd": "quote_volume"})
    bars = frame.assign(open_time=pd.to_datetime(frame["unix"], unit="s", utc=True))
    with pytest.raises(InputError, match=r"swapped.*2018-05-15 06:00.*\(20,143 of 32,659 rows\)"):
        validate_bars(bars, "1h")
    mended = bars.assign(volume=bars[["volume", "quote_volume"]].min(axis=1),
                         quote_volume=bars[["volume", "quote_volume"]].max(axis=1))  # fmt: skip
    assert len(validate_bars(mended, "1h").bars) == 32_659


def test_overlapping_downloads_are_joined_unless_they_differ(real_data):
    frame = pd.read_parquet(real_data / "messy/coinbase_BTC-USD_1m_newest_first_overlap_duplicates.parquet")
    bars = frame.assign(open_time=pd.to_datetime(frame["time"], utc=True)).sort_values(
        "open_time", kind="stable"
    )
    with pytest.raises(InputError, match=r"bars must be one per time, got \(open .* \(1 such times\)"):
        validate_bars(bars, "1m")
    finished = bars.sort_values(["open_time", "volume"]).reset_index(drop=True)
    twice = finished["open_time"].duplicated(keep="last") & ~finished.duplicated(keep="last")
    assert validate_bars(finished.loc[~twice], "1m").n_duplicates_dropped == 296
