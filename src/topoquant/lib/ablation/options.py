"""Which parts of the features are left out and added."""

from typing import Annotated

from pydantic import Field

from topoquant.lib.options import options


@options
class PartOptions:
    """Columns of one feature family that come and go together.

    Attributes
    ----------
    family : str
        One of the families that the recipe's ablation is fed.
    sets : tuple of str
        Sets of the tabular family, as `features_tabular.sets` names them. Absent with no columns either, the
        part is the whole family.
    columns : tuple of str
        Names of columns, or patterns of them (`return_*`). Absent means none beside those of the sets.
    """

    family: str
    sets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@options
class AblationOptions:
    """What is left out and added, in which order, and how often each variant is fitted.

    Attributes
    ----------
    parts : dict of str to PartOptions
        By name, in the order in which they are added. Columns of a family that no part takes are a part of
        their own, `other <family>`.
    n_seeds : int
        Fits of every variant, each from its own seed: what a variant says is the mean of their
        probabilities, and how far they differ is in every interval, so that a lucky draw of rows and columns
        is not taken for a feature.
    """

    parts: Annotated[dict[str, PartOptions], Field(min_length=1)]
    n_seeds: Annotated[int, Field(ge=2)]
