"""Fits that did not end well, and folds that speak of other regimes."""

import pytest

from topoquant.lib.validity import check_regime_fits


def summary(converged, shares):
    fits = [
        {"fold": fold, "converged": one, "n_iterations": 210} for fold, one in enumerate(converged, start=-1)
    ]
    return [{"symbol": "SYN", "fits": fits, "agreement": {str(i): share for i, share in enumerate(shares)}}]


def test_what_is_well_is_said_with_its_number():
    convergence, agreement = check_regime_fits(summary([True, True, True], [0.97, 0.91]), min_agreement=0.8)
    assert (convergence.status, agreement.status) == ("ok", "ok")
    assert convergence.finding == "all 3 regime models converged"
    assert "at least 0.91 of the bars" in agreement.finding


@pytest.mark.parametrize(
    ("converged", "shares", "place", "words"),
    [
        ([True, False], [0.9], 0, "SYN fold 0 after 210 steps"),
        ([True, True, True], [0.95, 0.3], 1, "SYN fold 1 0.30"),
    ],
)
def test_what_is_not_is_a_warning_with_fold_and_remedy(converged, shares, place, words):
    checks = check_regime_fits(summary(converged, shares), min_agreement=0.8)
    assert [one.status for one in checks] == ["warning" if i == place else "ok" for i in range(2)]
    assert words in checks[place].finding


def test_a_share_at_the_limit_is_enough():
    assert check_regime_fits(summary([True, True], [0.8]), min_agreement=0.8)[1].status == "ok"
