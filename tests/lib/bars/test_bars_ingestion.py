"""From a request to checked bars."""

import pandas as pd

from topoquant.lib.bars import MarketOptions, MarketRequest, read_market, synthetic_bars

MARKET = MarketOptions(interval="15m", n_bars=200)


def request(**changes) -> MarketRequest:
    given = {
        "source": "synthetic", "path": None, "symbol": "SYN", "kind": "noise", "seed": 1, "start": None,
        "end": None, "raw_folder": "01_raw", "binance": None,
    }  # fmt: skip
    return MarketRequest(**(given | changes))


def test_symbols_come_out_in_order_whatever_order_they_were_asked_in():
    one, other = (read_market(request(symbol=symbol), MARKET) for symbol in ("ETH+BTC", "BTC+ETH"))
    assert one.bars["symbol"].unique().tolist() == ["BTC", "ETH"]
    assert [record["symbol"] for record in one.quality] == ["BTC", "ETH"]
    pd.testing.assert_frame_equal(one.bars, other.bars)


def test_finer_bars_are_resampled_and_an_unfinished_one_is_reported(tmp_path):
    now = pd.Timestamp.now("UTC").floor("5min")
    start = now - 1199 * pd.Timedelta("5min")
    bars = synthetic_bars("noise", n_bars=1200, seed=1, interval="5m", start=str(start)).bars
    path = tmp_path / "bars.parquet"
    bars.drop(index=600).to_parquet(path)
    market = read_market(request(source="files", path=str(path)), MARKET)
    report = market.quality[0]
    assert report["dropped_unfinished"]
    assert report["n_missing_bars"] == 1
    assert "resampled from 1,198 bars of 5m, 1 missing" in report["notes"]
    steps = market.bars["open_time"].diff().dropna()
    assert sorted(steps.unique()) == [pd.Timedelta("15min"), pd.Timedelta("30min")]
    assert market.bars["open_time"].iloc[-1] + pd.Timedelta("15min") <= now
