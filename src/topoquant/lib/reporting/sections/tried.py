"""What was tried on the market of a run."""

from topoquant.lib.reporting.formatting import Record


def tried_rows(trials: Record | None) -> list[dict[str, str]]:
    """Say what was tried on the market of a run.

    Parameters
    ----------
    trials : mapping or None
        Of `count_trials`.

    Returns
    -------
    list of dict of str to str
        Rows of a table; nothing where nothing is counted.

    Examples
    --------
    >>> rows = tried_rows({"tracked": True, "n_runs": 3, "n_distinct": 9, "n_compared": 7, "n_trials": 9})
    >>> [row["number"] for row in rows]
    ['3', '9', '7', '9']
    """
    if trials is None:
        return []
    runs = str(trials["n_runs"]) if trials["tracked"] else "not counted: tracking is off"
    counted = {
        "other runs recorded on this test period": runs,
        "predictions with distinct options, of all runs": str(trials["n_distinct"]),
        "predictions compared in this run": str(trials["n_compared"]),
        "n_trials, the larger of the last two": str(trials["n_trials"]),
    }
    return [{"on this market": name, "number": number} for name, number in counted.items()]
