"""A fit per fold, a row per fit and bar, and an audit that would see a leak."""

import numpy as np

from topoquant.lib.regimes import regimes_of
from topoquant.pipelines.audit.regime_nodes import check_regimes
from topoquant.schemas import REGIMES


def test_every_fit_filters_every_bar(made):
    regimes, models = made("regimes"), made("regime_models")
    REGIMES.validate(regimes)
    assert set(models["SYN"]) == {"-1", "0", "1", "2", "3", "4"}
    n_bars = len(made("bars"))
    assert (regimes["fold"].value_counts() == n_bars - 104).all()


def test_every_prediction_finds_the_regime_of_its_own_fold(made):
    found = regimes_of(made("predictions_lightgbm"), made("regimes"))
    assert not found.isna().any(axis=None)


def test_the_summary_speaks_of_the_fit_on_all_train_rows(made):
    (one,) = made("regime_summary")
    own = made("regimes").query("fold == -1")
    shares = own["regime"].value_counts(normalize=True)
    for record in one["regimes"]:
        np.testing.assert_allclose(record["share"], shares.get(record["name"], 0.0))
    assert [trace.name for trace in made("figure_regimes").data] == ["range", "trend", "panic"]
    assert "Regimes" in made("report")


def test_the_audit_looks_at_it(made):
    findings = {one["name"]: one for one in made("findings_regimes")}
    names = ["prefix invariance", "blindness", "convergence", "agreement"]
    assert list(findings) == [f"{name}, regimes" for name in names]
    assert findings["prefix invariance, regimes"]["numbers"]["n_compared"] == 1
    assert findings["blindness, regimes"]["numbers"]["changed"] == []
    assert {findings[f"{name}, regimes"]["status"] for name in names[:2]} == {"ok"}


def test_it_would_see_smoothed_regimes_and_a_fit_on_test_bars(made, parameters):
    recipe = parameters["trigger"]
    asked = [recipe[name] for name in ("market", "label", "split", "regimes", "audit")]
    stored = [made(name) for name in ("bars", "splits")]
    regimes, models, summary = (made(name) for name in ("regimes", "regime_models", "regime_summary"))
    moved = regimes.assign(p_panic=regimes.groupby("fold")["p_panic"].shift(-1).fillna(0.0))
    invariant, *_ = check_regimes(*stored, moved, models, summary, *asked, 7)
    assert invariant["status"] == "leak"
    assert "p_panic_-1" in invariant["finding"]
    # Fitted on every row: the splits of the audit know which of them are train rows.
    all_train = stored[1].assign(set="train", fold=np.arange(len(stored[1])) * 5 // len(stored[1]))
    fitted = made_models(stored[0], all_train, recipe)
    _, blind, *_ = check_regimes(*stored, regimes, fitted, summary, *asked, 7)
    assert blind["status"] != "ok"


def made_models(bars, splits, recipe):
    from topoquant.pipelines.regimes.nodes import fit_regime_models

    asked = [recipe[name] for name in ("market", "label", "split", "regimes")]
    return fit_regime_models(bars, splits, *asked, 7)
