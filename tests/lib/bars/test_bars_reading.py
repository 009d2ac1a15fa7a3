import gzip
import zipfile

import pandas as pd
import pytest

from topoquant.lib.bars import OPTIONAL_BAR_COLUMNS, infer_interval, read_bars, synthetic_bars, validate_bars
from topoquant.lib.bars.reading.naming import pair_in_name
from topoquant.lib.errors import InputError

PLAIN = ["open", "high", "low", "close", "volume"]


@pytest.fixture(scope="module")
def bars():
    return synthetic_bars("noise", n_bars=40, seed=3, interval="15m", symbol="BTCUSDT").bars


def epoch(bars, unit):
    return bars["open_time"].astype("int64") // {"s": 10**9, "ms": 10**6, "us": 10**3}[unit]


def archive(bars, unit="ms"):
    stamps = epoch(bars, unit)
    last = bars[["quote_volume", "trades", "taker_buy_volume"]]
    parts = [stamps, bars[PLAIN], stamps + 1, last, last["taker_buy_volume"]]
    return pd.concat(parts, axis=1).assign(ignore=0)


def assert_same(read, bars, columns=(*PLAIN, *OPTIONAL_BAR_COLUMNS)):
    expected = bars[["symbol", "open_time", *columns]]
    pd.testing.assert_frame_equal(read, expected, check_dtype=False, check_index_type=False)
    assert str(read["open_time"].dtype) == "datetime64[ns, UTC]"


def test_parquet_and_feather_with_named_columns(bars, tmp_path):
    frame = bars.drop(columns="symbol").rename(columns={"open_time": "timestamp"})
    frame.astype({"timestamp": "datetime64[ms, UTC]"}).to_parquet(tmp_path / "btcusdt_15m.parquet")
    assert_same(read_bars(tmp_path / "btcusdt_15m.parquet"), bars)
    feather = frame[["timestamp", *PLAIN]].rename(columns={"timestamp": "date"})
    feather.to_feather(tmp_path / "BTC_USDT-15m.feather")
    assert_same(read_bars(tmp_path / "BTC_USDT-15m.feather"), bars, PLAIN)


def test_stamps_in_the_index_are_found(bars, tmp_path):
    bars.set_index("open_time")[PLAIN].to_parquet(tmp_path / "BTCUSDT.parquet")
    assert_same(read_bars(tmp_path / "BTCUSDT.parquet"), bars, PLAIN)


@pytest.mark.parametrize("unit", ["ms", "us"])
def test_archive_without_header(bars, tmp_path, unit):
    text = archive(bars, unit).to_csv(index=False, header=False)
    with zipfile.ZipFile(tmp_path / "BTCUSDT-15m-2024-01.zip", "w") as packed:
        packed.writestr("BTCUSDT-15m-2024-01.csv", text)
    (tmp_path / "BTCUSDT-15m.csv.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("BTCUSDT-15m-2024-01.zip", "BTCUSDT-15m.csv.gz"):
        assert_same(read_bars(tmp_path / name), bars)


def test_archive_with_header_and_both_units_in_one_file(bars, tmp_path):
    both = pd.concat([archive(bars[:20]), archive(bars[20:], "us")])
    both.columns = ["open_time", *PLAIN, "close_time", "quote_volume", "count", "taker_buy_volume",
                    "taker_buy_quote_volume", "ignore"]  # fmt: skip
    both.to_csv(tmp_path / "BTCUSDT-15m.csv", index=False)
    read = read_bars(tmp_path / "BTCUSDT-15m.csv")
    assert_same(read, bars)
    assert read.attrs["notes"] == ["BTCUSDT-15m.csv: stamps in us and ms, decided per row"]


def test_coinbase_layout_newest_first(bars, tmp_path):
    frame = bars.assign(time=bars["open_time"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    frame[["time", "low", "high", "open", "close", "volume"]][::-1].to_csv(
        tmp_path / "coinbase_BTC-USD.csv", index=False
    )
    read = read_bars(tmp_path / "coinbase_BTC-USD.csv", symbol="BTCUSDT")
    assert_same(read, bars, PLAIN)
    assert any("taken as UTC" in note for note in read.attrs["notes"])
    assert any("turned round" in note for note in read.attrs["notes"])


def test_cryptodatadownload_layout(bars, tmp_path):
    frame = pd.DataFrame(
        {
            "Unix": epoch(bars, "s"), "Date": "any", "Symbol": "BTC/USDT", "Open": bars["open"],
            "High": bars["high"], "Low": bars["low"], "Close": bars["close"], "Volume BTC": bars["volume"],
            "Volume USDT": bars["quote_volume"], "tradecount": bars["trades"].astype(int),
        }
    )  # fmt: skip
    path = tmp_path / "cdd.csv"
    path.write_text("an address\n" + frame[::-1].to_csv(index=False))
    assert_same(read_bars(path, symbol="BTCUSDT"), bars, (*PLAIN, "quote_volume", "trades"))


def test_a_folder_is_put_together_in_time(bars, tmp_path):
    for name, part in {"a": bars[15:], "b": bars[:20]}.items():
        part.to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "CHECKSUM").write_text("no bars")
    read = read_bars(tmp_path)
    report = validate_bars(read, "15m")
    assert report.n_duplicates_dropped == 5
    assert_same(report.bars, bars)


def test_of_several_intervals_the_finest_or_the_one_asked_for(bars, tmp_path):
    bars.to_parquet(tmp_path / "fine.parquet")
    synthetic_bars("noise", n_bars=5, seed=1, interval="1h", symbol="BTCUSDT").bars.to_parquet(
        tmp_path / "coarse.parquet"
    )
    assert infer_interval(read_bars(tmp_path)) == "15m"
    assert infer_interval(read_bars(tmp_path, interval="1h")) == "1h"
    with pytest.raises(InputError, match="interval must be"):
        read_bars(tmp_path, interval="1d")


def test_one_symbol_of_several(bars, tmp_path):
    path = tmp_path / "panel.parquet"
    pd.concat([bars, bars.assign(symbol="ETHUSDT")]).to_parquet(path)
    assert_same(read_bars(path, symbol="BTCUSDT"), bars)
    with pytest.raises(InputError, match=r"several symbols where one is expected \(BTCUSDT, ETHUSDT\)"):
        read_bars(path)
    with pytest.raises(InputError, match=r"symbol must be one of BTCUSDT, ETHUSDT, .*, got XRPUSDT"):
        read_bars(path, symbol="XRPUSDT")


def test_start_is_included_and_end_is_not(bars, tmp_path):
    path = tmp_path / "bars.parquet"
    bars.to_parquet(path)
    read = read_bars(path, start="2024-01-01 01:00", end="2024-01-01 02:00")
    assert read["open_time"].dt.strftime("%H:%M").tolist() == ["01:00", "01:15", "01:30", "01:45"]
    with pytest.raises(InputError, match="start and end must be within"):
        read_bars(path, start="2025-01-01")
    with pytest.raises(InputError, match="must be a date"):
        read_bars(path, end="yesterday-ish")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "an empty file"),
        ("a.csv", b"version https://git-lfs.example\noid sha256:0\n", "a Git LFS pointer"),
        ("a.parquet", b"no parquet", "a readable file"),
        ("a.feather", b"no feather", "a readable file"),
        ("a.zip", b"no zip", "a readable file"),
        ("a.csv.gz", b"no gzip", "a readable file"),
        ("a.csv", b"time,open,high,low,close\n1,2,3,4,5\n", "so volume is missing"),
        ("a.csv", b"timestamp,open,high,low,close,volume\n", "a header alone"),
        ("a.csv", b"timestamp,open,high,low,close,volume\n2024-01-01 00:00,2,4,1,3,5\n", "without one"),
        ("a.csv", b"timestamp,open,high,low,close,volume\n31-Dec-2024,2,4,1,3,5\n", "ISO 8601"),
        ("a.csv", b"timestamp,open,high,low,close,volume\n17,2,4,1,3,5\n", "epoch numbers after 1973"),
        ("a.csv", b"timestamp,open,high,low,close,volume\n,2,4,1,3,5\n", "stamped in every row"),
        (
            "a.csv",
            b"timestamp,open,high,low,close,volume\n1704067200,2,x,1,3,5\n",
            "high of a.csv must be numbers",
        ),
        ("a.csv", b"date,time,open,high,low,close,volume\n1,1,2,4,1,3,5\n", "one column per meaning"),
        (
            "a.csv",
            b"unix,open,high,low,close,volume eth,volume btc\n1,2,4,1,3,5,6\n",
            "one column per meaning",
        ),
        ("a.csv", b"1704067200000,2,4,1,3,5\n", "6 columns and no header.*ccxt or coinbase"),
        ("a.csv", b"2024-01-01,2,4,1,3\n", "5 columns and no header"),
        ("a.csv", b"timestamp,open,high,low,close,volume,Volume\n1,2,4,1,3,5,6\n", "volume twice"),
        ("a.csv", b"timestamp,open,high,low,close,volume,volume\n1,2,4,1,3,5,6\n", "volume twice"),
        ("a.csv", b"date,humidity\n2024-01-01,3\n", "these are no bars"),
        ("a.csv", b"symbol,unix,open,high,low,close,volume\n,1704067200,2,4,1,3,5\n", "symbol in every row"),
        ("a.txt", b"bars", "path must be one of .parquet"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_bars(tmp_path / name, symbol="AAA")


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="an existing file"):
        read_bars(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="a folder with files"):
        read_bars(tmp_path)


def test_a_file_that_shows_no_symbol_has_none_unless_asked_for(bars, tmp_path):
    bars.drop(columns="symbol").to_parquet(tmp_path / "bars.parquet")
    read = read_bars(tmp_path / "bars.parquet")
    assert list(read.columns) == ["open_time", *PLAIN, *OPTIONAL_BAR_COLUMNS]
    assert read.attrs["notes"] == [
        "bars.parquet: no symbol, for neither a column nor a file's name shows one"
    ]
    assert len(validate_bars(read, "15m").bars) == len(bars)
    assert read_bars(tmp_path / "bars.parquet", symbol="X")["symbol"].unique().tolist() == ["X"]


@pytest.mark.parametrize(
    ("name", "pair"),
    [("ETHBTC-1h.zip", "ETHBTC"), ("1000PEPEUSDT-1m.csv", "1000PEPEUSDT"), ("bars.parquet", None),
     ("btc_usdt_eth_usdt.csv", None), ("btcusdt_spot_15m.parquet", "BTCUSDT"), ("binance-btc.csv", None),
     ("coinbase_BTC-USD_1m.csv", "BTCUSD"), ("BTC_USDT-15m.feather", "BTCUSDT")],
)  # fmt: skip
def test_pair_in_a_file_name(name, pair):
    assert pair_in_name(name) == pair
