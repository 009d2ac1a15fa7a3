"""Bars come in checked, with their quality and, for a known market, the truth."""

from topoquant.schemas import BARS, MACRO, TRUTH


def test_ingest_gives_what_the_catalog_promises(made, parameters):
    bars = made("bars")
    BARS.validate(bars)
    TRUTH.validate(made("market_truth"))
    assert len(bars) == parameters["trigger"]["market"].n_bars
    assert made("quality")[0]["n_bars"] == len(bars)


def test_what_stands_beside_the_bars_is_there_without_rows(made):
    BARS.validate(made("references"))
    MACRO.validate(made("macro"))
    assert len(made("references")) == len(made("macro")) == 0
    notes = made("quality")[0]["notes"]
    assert [note for note in notes if "market.references" in note]
    assert [note for note in notes if "market.macro" in note]


def test_the_figure_shows_every_symbol(made):
    names = [trace.name for trace in made("figure_quality").data]
    assert names[0] == made("quality")[0]["symbol"]
