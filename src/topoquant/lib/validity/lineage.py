"""Whether a fitted artifact descends from test data, by the graph alone."""

from collections.abc import Collection, Mapping

from topoquant.lib.errors import bad_input
from topoquant.lib.validity.checks import Check


def find_path(parents: Mapping[str, Collection[str]], start: str, goals: Collection[str]) -> list[str]:
    """Find a shortest way from a dataset back to one of `goals`.

    Parameters
    ----------
    parents : mapping of str to collection of str
        Direct inputs of what makes each dataset; datasets without an entry have none.
    start : str
        Where to begin; it counts as reached itself.
    goals : collection of str
        Datasets looked for.

    Returns
    -------
    list of str
        From `start` to the goal; empty when none is reached.

    Examples
    --------
    >>> find_path({"c": {"b"}, "b": {"a"}}, "c", {"a"})
    ['c', 'b', 'a']
    """
    came_from: dict[str, str | None] = {start: None}
    queue = [start]
    for name in queue:
        if name in goals:
            path: list[str] = []
            step: str | None = name
            while step is not None:
                path.append(step)
                step = came_from[step]
            return path[::-1]
        for parent in sorted(parents.get(name, ())):
            if parent not in came_from:
                came_from[parent] = name
                queue.append(parent)
    return []


def check_lineage(
    parents: Mapping[str, Collection[str]], fitted: Collection[str], test_names: Collection[str]
) -> Check:
    """Check that no fitted artifact has a test dataset among its ancestors.

    Parameters
    ----------
    parents : mapping of str to collection of str
        As in `find_path`.
    fitted : collection of str
        Names of fitted artifacts.
    test_names : collection of str
        Names of datasets that hold test targets.

    Returns
    -------
    Check
        "leak" spells the path out.

    Raises
    ------
    InputError
        If a name occurs nowhere in the graph: a misspelt name would pass in silence.

    Examples
    --------
    >>> check_lineage({"model": {"table"}, "table": {"test_targets"}}, ["model"], ["test_targets"]).finding
    '1 of 1 fitted artifacts descend from test data: model <- table <- test_targets'
    """
    known = set(parents).union(*parents.values())
    unknown = sorted((set(fitted) | set(test_names)) - known)
    if unknown:
        raise bad_input(
            "fitted and test_names", "datasets of the graph", unknown, "spell them as the catalog does"
        )
    paths = [path for name in sorted(fitted) if (path := find_path(parents, name, test_names))]
    numbers = {"n_fitted": len(fitted), "n_leaking": len(paths)}
    if paths:
        written = "; ".join(" <- ".join(path) for path in paths)
        text = f"{len(paths)} of {len(fitted)} fitted artifacts descend from test data: {written}"
        return Check("lineage", "leak", text, numbers, "checks")
    text = f"none of {len(fitted)} fitted artifacts descends from test data"
    return Check("lineage", "ok", text, numbers, "checks")
