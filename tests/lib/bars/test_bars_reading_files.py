"""Real files, each read and checked, or refused with its defect named."""

from dataclasses import dataclass

import pytest

from topoquant.lib.bars import infer_interval, read_bars, validate_bars
from topoquant.lib.errors import InputError


@dataclass(frozen=True)
class Clean:
    """Bars that pass: how many, how many are missing in gaps, and words of the notes."""

    n_bars: int
    n_missing: int = 0
    notes: tuple[str, ...] = ()
    n_blank: int = 0


@dataclass(frozen=True)
class Refused:
    """Words of the refusal, and whether it came with reading or with checking."""

    words: str
    read: bool = False


DERIVED = ("VOLUME IS DERIVED",)
COINBASE = "1 such times"
LFS = Refused("a Git LFS pointer")
EXPECTED = {
    ("btcusdt_spot_15m_2023-04_2026-07.parquet", None): Clean(114_779),
    ("btcusdt_spot_1m_2026-03_2026-05.parquet", None): Clean(132_480),
    ("btcusdt_spot_1m_ohlcv_2025-06.parquet", None): Clean(43_198),
    ("btcusdt_spot_1m_ohlcv_2026-06_2026-07.parquet", None): Clean(55_620),
    ("btcusdt_spot_5m_2024-01_2026-02.parquet", None): Clean(224_903),
    ("daily_btcusd_2011_2025.parquet", None): Clean(5_152),
    ("daily_binance_4coins_2017_2026.parquet", None): Refused(r"several symbols .*BTC, DOGE, ETH, XRP"),
    ("daily_binance_4coins_2017_2026.parquet", "BTC"): Clean(3_248),
    ("daily_binance_4coins_2017_2026.parquet", "DOGE"): Clean(2_471),
    ("daily_binance_4coins_2017_2026.parquet", "ETH"): Clean(2_053),
    ("daily_binance_4coins_2017_2026.parquet", "XRP"): Clean(2_874, n_missing=24),
    ("daily_cmc_5coins_2013_2021.parquet", None): Refused(r"several symbols .*BTC, DOGE, ETH, LTC, XRP"),
    ("daily_cmc_5coins_2013_2021.parquet", "BTC"): Clean(2_991, notes=DERIVED),
    ("daily_cmc_5coins_2013_2021.parquet", "DOGE"): Clean(2_760, notes=DERIVED),
    ("daily_cmc_5coins_2013_2021.parquet", "ETH"): Clean(2_160, notes=DERIVED),
    ("daily_cmc_5coins_2013_2021.parquet", "LTC"): Clean(2_991, notes=DERIVED),
    ("daily_cmc_5coins_2013_2021.parquet", "XRP"): Clean(2_893, notes=DERIVED),
    ("daily_yahoo_5coins_2014_2022.parquet", None): Refused(r"several symbols .*BTC, DOGE, ETH, LTC, XRP"),
    ("daily_yahoo_5coins_2014_2022.parquet", "BTC"): Clean(2_708, notes=DERIVED),
    ("daily_yahoo_5coins_2014_2022.parquet", "DOGE"): Clean(1_559, notes=DERIVED),
    ("daily_yahoo_5coins_2014_2022.parquet", "ETH"): Clean(1_559, notes=DERIVED),
    ("daily_yahoo_5coins_2014_2022.parquet", "LTC"): Clean(2_708, notes=DERIVED),
    ("daily_yahoo_5coins_2014_2022.parquet", "XRP"): Clean(1_559, notes=DERIVED),
    ("extra/ltcusdt_spot_15m_2023-04_2026_gap.parquet", None): Clean(90_253, n_missing=11_118),
    ("extra/xrpusdt_spot_15m_2023-04_2026_gap.parquet", None): Clean(95_115, n_missing=11_032),
    ("extra/dogeusdt_spot_15m_2023-04_2026_gap.parquet", None): Clean(95_115, n_missing=11_032),
    ("extra/btcusdt_perp_30m_2023-01_2026-03.parquet", None): Clean(56_618),
    ("extra/btcusdt_perp_1h_2023-01_2026-03.parquet", None): Clean(28_309),
    ("extra/btcusdt_perp_1m_ohlcv_2025-07_2025-08.parquet", None): Clean(43_199),
    # Its volume counts dollars and its stamps may be closes: nothing in the file shows either.
    ("extra/btcperp_1m_2021-12-31_2022-02-01.parquet", None): Clean(45_031, notes=("no symbol",)),
    ("extra/btc_dvol_1h_2021-04_2026-04.parquet", None): Refused("so volume is missing: .* macro series"),
    ("raw/BTCUSDT-1m-2026-03.zip", None): Clean(44_640),
    ("raw/BTCUSDT-1m-2026-04.zip", None): Clean(43_200),
    ("raw/BTCUSDT-1m-2026-05.zip", None): Clean(44_640),
    ("raw/BTCUSDT-1m-2026-03.head2000.csv", None): Clean(2_000),
    ("raw/FILUSDT-1m-2024-04.futures_header_ms.head2000.csv", None): Clean(1_999),
    ("raw/coinbase_BTC-USD_1m.head2000.csv", None): Refused(COINBASE, read=True),
    ("raw/bitstamp_BTC-USD-1h.head2000.csv", None): Clean(1_999, notes=("newest first",)),
    ("raw/Binance_BTCUSDT_d.cdd.csv", None): Clean(2_461, notes=("newest first",)),
    ("messy/bybit_testnet_BTCUSDT_1m_pagination_gaps.parquet", None): Refused("test network", read=True),
    ("messy/coinbase_BTC-USD_1m_newest_first_overlap_duplicates.parquet", None): Refused(COINBASE, read=True),
    ("messy/coinbase_DOGE-USD_1m_newest_first_overlap_duplicates.parquet", None): Refused(
        COINBASE, read=True
    ),
    # That it is three years late shows beside other bars alone: see below.
    ("messy/cmc_coin_Bitcoin_dates_shifted_3y_ddmmyyyy.csv", None): Clean(
        2_991, notes=("day-first", "end of the day", "taken as UTC", *DERIVED)
    ),
    ("messy/bitstamp_BTC-USD-1h_newest_first_swapped_volume.csv.gz", None): Refused("swapped", read=True),
    ("messy/yahoo_ETH-USD-1d_leading_blank_rows.csv", None): Clean(
        1_559, n_blank=1_149, notes=("1149 blank rows dropped", "taken as UTC", *DERIVED)
    ),
    ("messy/binance_BTCUSDT_1m_naive_kst_stamps.parquet", None): Refused(
        "without one: say it with time_zone"
    ),
    # So does its unfinished last bar, to a file alone.
    ("messy/binance_BTCUSDT_15m_unfinished_last_bar.parquet", None): Clean(
        2_000, notes=("columns not read: amount",)
    ),
    ("messy/git_lfs_pointer_BTCUSDT-5m-2024-01.csv", None): LFS,
    ("messy/git_lfs_pointer_btc_usdt_15min.parquet", None): LFS,
    ("messy/git_lfs_pointer_BTC_USDT-15m.feather", None): LFS,
    ("bench/ETTh1.csv", None): Refused("these are no bars"),
}


def test_every_file_has_an_expectation(real_data):
    found = {
        path.relative_to(real_data).as_posix()
        for path in real_data.rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    assert found == {path for path, _ in EXPECTED}


@pytest.mark.parametrize(("path", "symbol"), EXPECTED, ids=lambda part: str(part).rpartition("/")[2])
def test_a_file_is_read_or_refused_with_its_defect_named(real_data, path, symbol):
    expected = EXPECTED[path, symbol]
    if isinstance(expected, Refused) and not expected.read:
        with pytest.raises(InputError, match=expected.words):
            read_bars(real_data / path, symbol=symbol)
        return
    bars = read_bars(real_data / path, symbol=symbol)
    interval = infer_interval(bars)
    if isinstance(expected, Refused):
        with pytest.raises(InputError, match=expected.words):
            validate_bars(bars, interval)
        return
    report = validate_bars(bars, interval)
    assert (len(report.bars), report.n_missing_bars) == (expected.n_bars, expected.n_missing)
    assert report.n_duplicates_dropped == 0
    assert bars.attrs["n_blank_rows"] == expected.n_blank
    for words in expected.notes:
        assert any(words in note for note in bars.attrs["notes"]), words
    assert len(bars.attrs["notes"]) == len(expected.notes)


@pytest.mark.parametrize(
    ("path", "zone", "reference", "symbol", "words"),
    [
        (
            "messy/cmc_coin_Bitcoin_dates_shifted_3y_ddmmyyyy.csv", None,
            "daily_binance_4coins_2017_2026.parquet", "BTC", r"shifted by \+1,096 days",
        ),
        (
            "messy/binance_BTCUSDT_1m_naive_kst_stamps.parquet", "UTC",
            "btcusdt_spot_1m_ohlcv_2026-06_2026-07.parquet", None, r"shifted by \+9 h",
        ),
    ],
)  # fmt: skip
def test_shifted_stamps_show_beside_other_bars(real_data, path, zone, reference, symbol, words):
    bars = read_bars(real_data / path, time_zone=zone)
    other = read_bars(real_data / reference, symbol=symbol)
    with pytest.raises(InputError, match=words):
        validate_bars(bars, infer_interval(bars), reference=other)


def test_the_right_time_zone_mends_naive_stamps(real_data):
    path = real_data / "messy/binance_BTCUSDT_1m_naive_kst_stamps.parquet"
    bars = read_bars(path, time_zone="Asia/Seoul")
    other = read_bars(real_data / "btcusdt_spot_1m_ohlcv_2026-06_2026-07.parquet")
    assert len(validate_bars(bars, "1m", reference=other).bars) == 56_161
    joined = bars.merge(other, on="open_time", suffixes=("", "_other"))
    assert len(joined) == len(other)
    assert (joined["close"] == joined["close_other"]).all()
