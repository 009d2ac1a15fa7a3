"""Adjusted p-values against examples, scipy, brute force and simulated false findings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm

from topoquant.lib.errors import InputError
from topoquant.lib.validity import benjamini_hochberg_yekutieli, holm, with_p_values

P_VALUES = st.lists(st.integers(0, 20).map(lambda n: n / 20), min_size=1, max_size=8)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


@given(P_VALUES)
def test_holm_rejects_what_stepping_down_rejects(p_values):
    adjusted = holm(p_values)
    for alpha in (0.01, 0.051, 0.26):
        rejected = set()
        for n_done, place in enumerate(np.argsort(p_values, kind="stable")):
            if p_values[place] > alpha / (len(p_values) - n_done):
                break
            rejected.add(place)
        assert {place for place, p in enumerate(adjusted) if p <= alpha + 1e-12} == rejected


@given(P_VALUES)
def test_benjamini_hochberg_yekutieli_equals_scipy(p_values):
    assert benjamini_hochberg_yekutieli(p_values) == pytest.approx(
        false_discovery_control(p_values, method="by")
    )


def test_false_findings_stay_below_their_level():
    """Nineteen dependent tests of which four are true: errors over 2,000 simulations."""
    rng = np.random.default_rng(0)
    common = rng.standard_normal((2000, 1))
    z = 0.6 * common + 0.8 * rng.standard_normal((2000, 19))
    z[:, :4] += 3.5
    p_values = norm.sf(z)
    n_families, shares = 0, []
    for row in p_values:
        n_families += bool((holm(row)[4:] <= 0.1).any())
        found = benjamini_hochberg_yekutieli(row) <= 0.1
        shares.append(found[4:].sum() / max(found.sum(), 1))
    assert n_families / 2000 <= 0.1
    assert np.mean(shares) <= 0.1
    assert (p_values[:, 4:] <= 0.1).any(axis=1).mean() > 0.5  # what happens unadjusted


@pytest.mark.parametrize("wrong", [[0.1, np.nan], [0.1, 1.2], [-0.1], [[0.1, 0.2]]])
@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg_yekutieli])
def test_refusals(adjust, wrong):
    with pytest.raises(InputError, match="p_values"):
        adjust(wrong)


def test_p_values_of_rows_by_hand():
    rows = [
        {"name": "naive", "timing_t": None, "gain": None, "gain_lower": None},
        {"name": "one", "timing_t": 3.0},
        {"name": "two", "timing_t": None, "gain": 0.02, "gain_lower": 0.0},
        {"name": "flat", "timing_t": None, "gain": 0.0, "gain_lower": 0.0},
    ]
    made = with_p_values(rows)
    assert [row["name"] for row in made] == ["naive", "one", "two", "flat"]
    assert made[0]["p"] is None
    assert made[3]["p_holm"] is None
    assert made[1]["p"] == pytest.approx(0.00135, abs=1e-5)
    # A lower 0.99 bound of exactly 0 is a p-value of exactly 0.01.
    assert made[2]["p"] == pytest.approx(0.01)
    assert made[1]["p_holm"] == pytest.approx(2 * made[1]["p"])
    assert made[2]["p_bhy"] == pytest.approx(0.015)
