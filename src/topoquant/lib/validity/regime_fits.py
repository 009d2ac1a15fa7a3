"""Whether the fits of regimes ended well, and whether they speak of the same regimes."""

from collections.abc import Mapping, Sequence
from typing import Any

from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.wording import listed


def check_regime_fits(summary: Sequence[Mapping[str, Any]], *, min_agreement: float) -> list[Check]:
    """Look for regime models that did not converge, and for folds whose regimes are others.

    Parameters
    ----------
    summary : sequence of mapping
        Per symbol: `symbol`, `fits` (fold, converged, n_iterations) and `agreement` (by fold, the share of
        the bars named like by the fit on all train rows).
    min_agreement : float
        Least share of bars.

    Returns
    -------
    list of Check
        "convergence, regimes" and "agreement, regimes"; each "ok" or "warning".

    Examples
    --------
    >>> fits = [{"fold": -1, "converged": True, "n_iterations": 20}]
    >>> summary = [{"symbol": "SYN", "fits": fits, "agreement": {"0": 0.5, "1": 0.97}}]
    >>> [one.status for one in check_regime_fits(summary, min_agreement=0.8)]
    ['ok', 'warning']
    """
    fits = [(f"{one['symbol']} fold {fit['fold']}", fit) for one in summary for fit in one["fits"]]
    open_ended = {name: int(fit["n_iterations"]) for name, fit in fits if not fit["converged"]}
    shares = {
        f"{one['symbol']} fold {fold}": float(share)
        for one in summary
        for fold, share in one["agreement"].items()
    }
    return [_convergence(open_ended, len(fits)), _agreement(shares, min_agreement)]


def _convergence(open_ended: Mapping[str, int], n_fits: int) -> Check:
    """Say which fits stopped before they converged."""
    numbers = {"n_fits": n_fits, "not_converged": dict(open_ended)}
    if not open_ended:
        text = f"all {n_fits} regime models converged"
        return Check("convergence, regimes", "ok", text, numbers, "regimes")
    named = [f"{name} after {n} steps" for name, n in open_ended.items()]
    text = (
        f"{len(open_ended)} of {n_fits} regime models did not converge ({listed(named)}): "
        "raise regimes.hmm.n_iterations or tolerance"
    )
    return Check("convergence, regimes", "warning", text, numbers, "regimes")


def _agreement(shares: Mapping[str, float], least: float) -> Check:
    """Say where the regimes of a fold are not those of all train rows."""
    numbers = {"least": least, "agreement": dict(shares)}
    low = {name: share for name, share in shares.items() if share < least}
    if low:
        named = [f"{name} {share:.2f}" for name, share in low.items()]
        text = (
            f"{len(low)} of {len(shares)} folds name fewer than {least:.2f} of the bars like the fit on all "
            f"train rows ({listed(named)}): their regimes are others; choose other inputs, or more starts"
        )
        return Check("agreement, regimes", "warning", text, numbers, "regimes")
    least_alike = min(shares.values(), default=1.0)
    text = f"every fold's fit names at least {least_alike:.2f} of the bars like the fit on all train rows"
    return Check("agreement, regimes", "ok", text, numbers, "regimes")
