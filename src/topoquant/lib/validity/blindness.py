"""Whether anything fitted has seen the test rows: they are replaced by garbage and the fit repeated."""

from collections.abc import Callable

from topoquant.lib.validity.checks import Check


def check_blindness(fit_hash: Callable[[bool], str]) -> Check:
    """Compare the fingerprint of everything fitted, with test rows as they are and as garbage.

    Parameters
    ----------
    fit_hash : callable
        Takes whether to replace every test row (features and targets) by garbage; fits, and gives
        a fingerprint of all fitted artifacts (weights, scalers, thresholds, calibrators).

    Returns
    -------
    Check
        "leak" when garbage changes the fingerprint, "warning" when two honest fits differ from
        each other and so nothing can be said.

    Examples
    --------
    >>> check_blindness(lambda garbage: "a1b2").status
    'ok'
    >>> check_blindness(lambda garbage: str(garbage)).status
    'leak'
    """
    honest, garbage = fit_hash(False), fit_hash(True)
    numbers = {"honest": honest, "garbage": garbage}
    if honest == garbage:
        text = f"garbage in the test rows leaves every fitted artifact as it was ({honest[:8]})"
        return Check("blindness", "ok", text, numbers, "members")
    again = fit_hash(False)
    if again != honest:
        text = f"two fits with one seed differ ({honest[:8]}, {again[:8]}): blindness cannot be told"
        return Check("blindness", "warning", text, {**numbers, "again": again}, "members")
    text = f"garbage in the test rows changes what is fitted ({honest[:8]} to {garbage[:8]})"
    return Check("blindness", "leak", text, numbers, "members")
