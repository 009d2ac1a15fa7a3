"""Bars come in checked, with their quality and, for a known market, the truth."""

from topoquant.schemas import BARS, TRUTH


def test_ingest_gives_what_the_catalog_promises(made, parameters):
    bars = made("bars")
    BARS.validate(bars)
    TRUTH.validate(made("market_truth"))
    assert len(bars) == parameters["trigger"]["market"].n_bars
    assert made("quality")[0]["n_bars"] == len(bars)
