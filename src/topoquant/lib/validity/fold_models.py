"""Which model predicted a train row, by the fingerprint that every prediction carries."""

import pandas as pd

from topoquant.lib.validity.checks import Check
from topoquant.lib.validity.wording import listed


def check_fold_models(predictions: pd.DataFrame, *, name: str = "fold models") -> Check:
    """Check that every fold was held out by one model of its own, which predicts nothing else.

    The fold written beside a row says where the row belongs, not who predicted it. Folds that were
    shuffled for the fit show as several models within a fold of the split, predictions of the model
    that was fitted on all train rows as the model of val and test rows.

    Parameters
    ----------
    predictions : DataFrame
        One member's: `set`, `fold`, `model_hash`, and the `logit_<target>` and `value_<target>` it has.
    name : str
        Of the check.

    Returns
    -------
    Check
        "leak" for a fold of several models, a model of several folds, or train rows that the model of val
        or test rows predicts. A model that says the same of every row cannot have learned one by
        heart, whoever shares it: base rates may be equal.

    Examples
    --------
    >>> rows = pd.DataFrame({"set": ["train"] * 4 + ["test"], "fold": [0, 0, 1, 1, -1],
    ...                      "logit_label": [0.1, 0.2, 0.3, 0.4, 0.5], "model_hash": list("aabbc")})
    >>> check_fold_models(rows).status
    'ok'
    >>> check_fold_models(rows.assign(model_hash="c")).finding
    '4 of 4 train rows are predicted by a model fitted on them: that of val and test rows'
    """
    train = predictions.loc[predictions["set"] == "train"]
    said = [column for column in map(str, train) if column.startswith(("logit_", "value_"))]
    varying = train.groupby("model_hash")[said].transform(lambda one: one.max() > one.min())
    train = train.loc[varying.any(axis=1).to_numpy(bool)]
    final = predictions.loc[predictions["set"] != "train", "model_hash"].unique()
    n_final = int(train["model_hash"].isin(final).sum())
    mixed = _with_several(train, "fold", "model_hash")
    shared = _with_several(train, "model_hash", "fold")
    numbers = {"n_train": len(train), "n_final": n_final, "mixed": mixed, "n_shared": len(shared)}
    text = ""
    if n_final:
        text = (
            f"{n_final} of {len(train)} train rows are predicted by a model fitted on them: "
            "that of val and test rows"
        )
    elif mixed:
        text = (
            f"{len(mixed)} folds are predicted by several models: {listed([f'fold {one}' for one in mixed])}"
        )
    elif shared:
        text = f"{len(shared)} models predict several folds, so one of those they were fitted on"
    if text:
        return Check(name, "leak", text, numbers, "members")
    n_models = int(train["model_hash"].nunique())
    text = f"{n_models} models, each for the fold it was not fitted on"
    return Check(name, "ok", text if n_models else "one number for every row of a fold", numbers, "members")


def _with_several(rows: pd.DataFrame, key: str, value: str) -> list[object]:
    """Keys that go with more than one value."""
    n_values = rows.groupby(key)[value].nunique()
    return [*n_values.index[n_values > 1]]
