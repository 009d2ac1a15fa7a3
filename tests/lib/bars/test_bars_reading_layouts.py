import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topoquant.lib.bars import read_bars, synthetic_bars, validate_bars
from topoquant.lib.bars.reading.formats import FORMATS, to_contract
from topoquant.lib.errors import InputError

CMC = "SNo,Name,Symbol,Date,High,Low,Open,Close,Volume,Marketcap\n"
YAHOO = "Date,Open,High,Low,Close,Adj Close,Volume\n"
PLAIN = "timestamp,open,high,low,close,volume\n"


@pytest.fixture
def written(tmp_path):
    def write(text, name="file.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def said(bars, words):
    return any(words in note for note in bars.attrs["notes"])


def test_coinmarketcap_counts_volume_in_money_and_stamps_the_end_of_the_day(written):
    rows = "1,Bitcoin,BTC,2021-02-01 23:59:59,12,9,10,9,60,1\n2,Bitcoin,BTC,2021-02-02 23:59:59,9,9,9,9,0,1\n"
    bars = read_bars(written(CMC + rows))
    assert bars.iloc[0].tolist() == ["BTC", pd.Timestamp("2021-02-01", tz="UTC"), 10, 12, 9, 9, 6, 60]
    assert bars["volume"].tolist() == [6, 0]
    assert said(bars, "VOLUME IS DERIVED")
    assert said(bars, "end of the day, moved to its start")
    assert len(validate_bars(bars, "1d").bars) == 2


def test_coinmarketcap_with_semicolons(written):
    head = "timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;timestamp\n"
    last = "2024-05-0{0}T23:59:59.999Z"
    day = f"2024-05-0{{0}}T00:00:00.000Z;{last};;;2781;2;4;1;4;30;9;{last}\n"
    bars = read_bars(written(head + day.format(2) + day.format(1)))
    assert bars["open_time"].dt.strftime("%F %T").tolist() == ["2024-05-01 00:00:00", "2024-05-02 00:00:00"]
    assert bars["volume"].tolist() == [10, 10]


def test_yahoo_with_blank_rows(written):
    rows = "2014-09-17,,,,,,\n2014-09-18,null,null,null,null,null,null\n2014-09-19,3,4,2,3,3,30\n"
    bars = read_bars(written(YAHOO + rows, "BTC-USD.csv"))
    assert bars.attrs["n_blank_rows"] == 2
    assert said(bars, "2 blank rows dropped")
    assert bars.iloc[0].tolist() == ["BTCUSD", pd.Timestamp("2014-09-19", tz="UTC"), 3, 4, 2, 3, 10, 30]


def test_a_row_that_is_partly_blank_is_left_to_be_refused(written):
    bars = read_bars(written(YAHOO + "2014-09-18,3,4,2,3,3,30\n2014-09-19,3,,2,3,3,30\n2014-09-20,,,,,,\n"))
    assert (len(bars), bars.attrs["n_blank_rows"]) == (2, 1)
    with pytest.raises(InputError, match="prices must be"):
        validate_bars(bars, "1d")
    with pytest.raises(InputError, match="2 blank rows alone"):
        read_bars(written(YAHOO + "2014-09-19,,,,,,\n2014-09-20,,,,,,\n"))


def test_intraday_stamps_of_a_daily_layout_are_not_taken_for_utc(written):
    with pytest.raises(InputError, match="without one"):
        read_bars(written(YAHOO + "2014-09-18 09:00,3,4,2,3,3,30\n"))


@pytest.mark.parametrize("typo", ["Symbol", "Oymbol"])
def test_cryptodatadownload_header(written, typo):
    head = f"Unix,Date,{typo},Open,High,Low,Close,Volume BTC,Volume USD\n"
    bars = read_bars(written(head + "1643932800,2022-02-04 00:00:00,BTC/USD,2,4,1,3,5,15\n"))
    assert bars.iloc[0, 2:].tolist() == [2, 4, 1, 3, 5, 15]
    assert bars["symbol"].tolist() == ["BTC/USD"]
    assert bars.attrs["notes"] == []


def test_the_order_of_a_file_without_header_must_be_named_where_two_fit(written):
    path = written("1704067200,1,4,2,3,5\n")
    with pytest.raises(InputError, match="name the format \\(ccxt or coinbase"):
        read_bars(path)
    assert read_bars(path, format="coinbase").iloc[0, 1:5].tolist() == [2, 4, 1, 3]
    assert read_bars(path, format="ccxt").iloc[0, 1:5].tolist() == [1, 4, 2, 3]
    with pytest.raises(InputError, match="of format binance"):
        read_bars(path, format="binance")


def test_two_layouts_in_one_header_must_be_named(written):
    path = written("Date,Open,High,Low,Close,Adj Close,Volume,Marketcap\n2024-01-01,2,4,1,4,3,30,9\n")
    with pytest.raises(InputError, match="of coinmarketcap and of yahoo: name it with format"):
        read_bars(path)
    assert read_bars(path, format="yahoo")["volume"].tolist() == [10]
    counted_in_coins = read_bars(path, format="ccxt", time_zone="UTC")
    assert counted_in_coins["volume"].tolist() == [30]
    assert "quote_volume" not in counted_in_coins.columns


def test_a_named_format_must_fit(written):
    path = written(PLAIN + "1704067200,2,4,1,3,5\n")
    with pytest.raises(InputError, match=r"bars of coinbase with .*so open_time is missing"):
        read_bars(path, format="coinbase")
    with pytest.raises(InputError, match="format must be one of binance, ccxt"):
        read_bars(path, format="kraken")


def test_columns_that_no_layout_knows_are_named(written):
    bars = read_bars(written("timestamp,open,high,low,close,volume,amount\n1704067200,2,4,1,3,5,15\n"))
    assert said(bars, "columns not read: amount")


def test_an_index_is_refused_for_want_of_any_volume(written):
    with pytest.raises(InputError, match=r"so volume is missing.*macro series"):
        read_bars(written("timestamp,open,high,low,close\n1704067200,2,4,1,3\n"))


def test_every_format_reads_its_own_layout(written):
    """The names of the option, each with a file that it fits; a new one must be added here."""
    files = {
        "binance": ",".join(["1704067200000", "2", "4", "1", "3", "5", "0", "15", "1", "2", "6", "0"]),
        "ccxt": PLAIN + "1704067200,2,4,1,3,5",
        "coinbase": "time,low,high,open,close,volume\n2024-01-01 00:00:00,1,4,2,3,5",
        "cryptodatadownload": "unix,open,high,low,close,volume btc\n1704067200,2,4,1,3,5",
        "coinmarketcap": CMC + "1,A,AAA,2024-01-01 23:59,4,1,2,3,13.333333333333332,9",
        "yahoo": YAHOO + "2024-01-01,2,4,1,3,3,13.333333333333332",
    }
    assert tuple(files) == FORMATS
    for name, text in files.items():
        for asked in (name, None):
            row = read_bars(written(text + "\n", f"{name}.csv"), format=asked, symbol="AAA").iloc[0, :7]
            assert row.tolist() == ["AAA", pd.Timestamp("2024-01-01", tz="UTC"), 2, 4, 1, 3, 5]


prices = st.integers(1, 400).map(lambda n: n / 4)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(prices, prices, prices, prices, st.integers(0, 10**9)), min_size=1, max_size=20))
def test_derived_volume_is_the_money_at_a_price_of_the_bar(rows):
    values = np.array(rows, dtype=float)
    frame = pd.DataFrame(
        {
            "timestamp": pd.date_range("2024-01-01", periods=len(rows), freq="D", tz="UTC"),
            "open": values[:, 0], "close": values[:, 1],
            "high": values[:, :4].max(axis=1), "low": values[:, :4].min(axis=1), "quote_volume": values[:, 4],
        }
    )  # fmt: skip
    bars, notes = to_contract(frame, "a")
    assert (bars["quote_volume"] == frame["quote_volume"]).all()
    assert (bars["volume"] * bars["low"] <= frame["quote_volume"] * (1 + 1e-12)).all()
    assert (bars["volume"] * bars["high"] >= frame["quote_volume"] * (1 - 1e-12)).all()
    assert len(notes) == 1


def test_a_folder_may_mix_layouts(tmp_path):
    bars = synthetic_bars("noise", n_bars=30, seed=3, interval="1h", symbol="BTCUSD").bars
    plain = bars[["open_time", "open", "high", "low", "close", "volume"]]
    plain[:20].to_parquet(tmp_path / "a.parquet")
    coinbase = plain[15:].assign(time=plain["open_time"].dt.strftime("%F %T"))
    coinbase = coinbase[["time", "low", "high", "open", "close", "volume"]]
    coinbase[::-1].to_csv(tmp_path / "b.csv", index=False)
    read = validate_bars(read_bars(tmp_path), "1h").bars
    pd.testing.assert_frame_equal(read[plain.columns], plain, check_dtype=False)


def test_a_csv_and_a_parquet_file_agree_in_every_bit(tmp_path):
    bars = synthetic_bars("noise", n_bars=500, seed=5, interval="1h", symbol="BTCUSD").bars
    bars.to_parquet(tmp_path / "a.parquet")
    bars.to_csv(tmp_path / "b.csv", index=False)
    pd.testing.assert_frame_equal(read_bars(tmp_path / "b.csv"), read_bars(tmp_path / "a.parquet"))


def test_a_first_row_does_not_settle_what_a_column_holds(written):
    rows = "1704067200,2,4,1,3,12470477000\n1704067260,2,4.5,1,3,0.5\n"
    bars = read_bars(written(PLAIN + rows))
    assert bars["high"].tolist() == [4, 4.5]
    assert bars["volume"].tolist() == [12470477000, 0.5]
    with pytest.raises(InputError, match=r"high of file\.csv must be numbers, got 'high'"):
        read_bars(written(PLAIN + rows + "1704067320,2,high,1,3,5\n"))


def test_what_a_mac_packs_beside_a_file_is_passed_over(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("a.csv", PLAIN + "1704067200,2,4,1,3,5\n")
        packed.writestr("__MACOSX/._a.csv", "no bars")
    assert len(read_bars(tmp_path / "a.zip")) == 1
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as packed:
        packed.writestr("b.csv", PLAIN)
    with pytest.raises(InputError, match="a zip with one csv, got 2"):
        read_bars(tmp_path / "a.zip")
