"""Rows of every symbol stand beside the row of all of them."""

from topoquant.lib.reporting.sections import symbols_section


def row(symbol, name, role, n=500, auc=0.6, **more):
    return {"symbol": symbol, "name": name, "role": role, "note": "", "n": n, "rate": 0.2, "auc": auc, **more}


ROWS = [
    row("BTC", "majority", "naive", auc=0.5),
    row("BTC", "ensemble", "ensemble", auc=0.61, auc_low=0.58, auc_high=0.64),
    row("XRP", "majority", "naive", n=1500, auc=0.5) | {"rate": 0.4},
    row("XRP", "ensemble", "ensemble", n=1500, auc=0.55) | {"rate": 0.4},
]
POOLED = [
    {"name": "majority", "role": "naive", "n": 2000, "auc": 0.5},
    {"name": "ensemble", "role": "ensemble", "n": 2000, "auc": 0.66},
]


def test_the_lead_compares_within_symbols_with_all():
    html = symbols_section(POOLED, ROWS).html
    assert "an AUC of .550 to .610 within 2 symbols, and .660 over all of them" in html


def test_the_pooled_row_comes_first_with_the_rate_of_all():
    html = symbols_section(POOLED, ROWS).html
    body = html[html.index("<tbody") :]
    places = [body.index(text) for text in ("majority", "ensemble")]
    assert places == sorted(places)
    # 500 rows at .2 and 1,500 at .4.
    assert ".350" in body
    assert body.index(">all<") < body.index(">BTC<") < body.index(">XRP<")


def test_a_symbol_without_a_score_is_named_with_its_reason():
    nothing = {"note": "no test rows with a target", "n": 0, "auc": None, "rate": None}
    rows = [*ROWS, row("LTC", "ensemble", "ensemble") | nothing]
    html = symbols_section(POOLED, rows).html
    assert "LTC: no test rows with a target." in html
    assert "within 2 symbols" in html
    bare = symbols_section(POOLED, [row("LTC", "ensemble", "ensemble") | nothing]).html
    assert "No symbol has enough test rows" in bare
