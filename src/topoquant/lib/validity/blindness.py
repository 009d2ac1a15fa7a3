"""Whether anything fitted has seen the test rows: they are replaced by garbage and the fit repeated."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.wording import listed

Fingerprints = Mapping[str, str]


def check_blindness(fit_hashes: Callable[[bool], Fingerprints]) -> Check:
    """Compare the fingerprints of everything fitted, with test rows as they are and as garbage.

    Parameters
    ----------
    fit_hashes : callable
        Takes whether to replace every test row (features and targets) by garbage; fits, and gives
        a fingerprint of each fitted artifact (weights, scalers, thresholds, calibrators) by name.

    Returns
    -------
    Check
        "leak" names what garbage changes; "warning" when two honest fits differ from each other and so
        nothing can be said.

    Examples
    --------
    >>> check_blindness(lambda garbage: {"scaler": "a1b2"}).status
    'ok'
    >>> check_blindness(lambda garbage: {"scaler": "a1b2", "threshold": str(garbage)}).finding
    'garbage in the test rows changes 1 of 2 fitted artifacts: threshold'
    """
    honest, garbage = fit_hashes(False), fit_hashes(True)
    changed = _differing(honest, garbage)
    numbers = {"n_artifacts": len(honest), "changed": changed, "honest": dict(honest)}
    if not changed:
        named = listed(list(honest), len(honest))
        text = f"garbage in the test rows leaves {len(honest)} fitted artifacts as they were: {named}"
        return Check("blindness", "ok", text, numbers, "checks")
    unstable = _differing(honest, fit_hashes(False))
    if unstable:
        text = f"two fits with one seed differ in {listed(unstable)}: blindness cannot be told"
        return Check("blindness", "warning", text, {**numbers, "unstable": unstable}, "checks")
    count = f"{len(changed)} of {len(honest)}"
    text = f"garbage in the test rows changes {count} fitted artifacts: {listed(changed)}"
    return Check("blindness", "leak", text, numbers, "checks")


def garbage_bars(bars: pd.DataFrame, is_test: ArrayLike, *, seed: int) -> pd.DataFrame:
    """Replace some bars by others that no market made; they keep their keys and the rules of a bar.

    Parameters
    ----------
    bars : DataFrame, shape (n, ...)
        Of one or several symbols, checked.
    is_test : array-like of bool, shape (n,)
        Bars to replace.
    seed : int
        Of what is drawn.

    Returns
    -------
    DataFrame
        Prices around a level of their own, low <= open, close <= high; volumes anew, and of optional columns
        no more than the volume.

    Examples
    --------
    >>> bars = pd.DataFrame({"open": [1.0, 1.0], "high": 2.0, "low": 0.5, "close": 1.5, "volume": 3.0})
    >>> made = garbage_bars(bars, [False, True], seed=0)
    >>> made.loc[0].equals(bars.loc[0]), bool(made.loc[1, "low"] <= made.loc[1, "close"])
    (True, True)
    """
    rows = np.flatnonzero(np.asarray(is_test, bool))
    generator = np.random.default_rng(seed)
    level = float(bars["close"].median()) * 1.5
    opened, closed = level * np.exp(generator.normal(0.0, 0.02, (2, len(rows))))
    wide = 1 + generator.uniform(0.0, 0.01, (2, len(rows)))
    volume = np.exp(generator.normal(3.0, 1.0, len(rows)))
    new = {
        "open": opened, "close": closed, "high": np.maximum(opened, closed) * wide[0],
        "low": np.minimum(opened, closed) / wide[1], "volume": volume, "quote_volume": volume * closed,
        "trades": np.ceil(volume), "taker_buy_volume": volume * generator.uniform(0.0, 1.0, len(rows)),
    }  # fmt: skip
    made = bars.copy()
    for name, values in new.items():
        if name in made:
            column = made[name].to_numpy(np.float64).copy()
            column[rows] = values
            made[name] = column
    return made


def _differing(first: Fingerprints, second: Fingerprints) -> list[str]:
    """Names whose fingerprints differ, or that only one has."""
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))
