"""Options of the split."""

from typing import Annotated, Literal

from pydantic import Field

from topoquant.lib.options import options


@options
class SplitOptions:
    """How the rows of a study are cut in time; what `train` and `val` leave is `test`.

    Attributes
    ----------
    train, val : float
        Fractions of the distinct decision times.
    n_folds : int
        Time blocks of the train rows, each held out once.
    embargo : int or None
        Bars left out after a border; None is the horizon.
    kind : {"chronological", "stratified"}
        Train before val, from times alone; or blocks of val within train, chosen such that both have the
        same rate of positives. Test is the end of the data either way.
    n_val_blocks : int or None
        Blocks of a stratified val set; None for a chronological one.

    Examples
    --------
    >>> SplitOptions(train=0.7, val=0.15, n_folds=5, embargo=None)
    SplitOptions(train=0.7, val=0.15, n_folds=5, embargo=None, kind='chronological', n_val_blocks=None)
    """

    train: Annotated[float, Field(gt=0, lt=1)]
    val: Annotated[float, Field(gt=0, lt=1)]
    n_folds: Annotated[int, Field(ge=2)]
    embargo: Annotated[int, Field(ge=0)] | None
    kind: Literal["chronological", "stratified"] = "chronological"
    n_val_blocks: Annotated[int, Field(ge=1)] | None = None
