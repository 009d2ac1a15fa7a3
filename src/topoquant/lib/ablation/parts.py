"""Parts of the features: named groups of columns that come and go together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from topoquant.lib.ablation.inputs import FamilyColumns
from topoquant.lib.ablation.options import PartOptions
from topoquant.lib.errors import bad_input


@dataclass(frozen=True, kw_only=True)
class Part:
    """A named group of columns.

    Attributes
    ----------
    name, family : str
        What it is called, and the family it is of.
    channels, static : tuple of str
        Its columns as the samples call them; one of the two is empty.
    """

    name: str
    family: str
    channels: tuple[str, ...]
    static: tuple[str, ...]


def define_parts(
    asked: Mapping[str, PartOptions],
    families: Mapping[str, FamilyColumns],
    sets: Mapping[str, Collection[str]],
    *,
    reference: str,
) -> list[Part]:
    """Find the columns of every part, and make parts of what is left over.

    Parameters
    ----------
    asked : mapping of str to PartOptions
        By name, in the order in which they are added.
    families : mapping of str to FamilyColumns
        All that the samples hold.
    sets : mapping of str to collection of str
        Set of the tabular family -> its columns; those that these bars cannot give may be among them.
    reference : str
        The family that all parts are compared with. It is a part where one names it, and else none: it leaves
        nothing over.

    Returns
    -------
    list of Part
        Those asked for, then `other <family>` for the columns of a family that none of them takes. No column
        is in two parts.

    Raises
    ------
    InputError
        For an unknown family or set, a part without columns, or a column in two parts.

    Examples
    --------
    >>> names = ("rsi", "macd", "volume_ratio")
    >>> families = {"tabular": FamilyColumns("sequence", names, names)}
    >>> asked = {"volume": PartOptions(family="tabular", columns=("volume_*",))}
    >>> [(part.name, part.channels) for part in define_parts(asked, families, {}, reference="blind")]
    [('volume', ('volume_ratio',)), ('other tabular', ('rsi', 'macd'))]
    """
    parts: list[Part] = []
    taken: dict[tuple[str, str], str] = {}
    for name, one in asked.items():
        if one.family not in families:
            raise bad_input(
                f"ablation.parts.{name}.family", f"one of {', '.join(families)}", one.family,
                "name a family that this ablation is fed",
            )  # fmt: skip
        columns = _columns_of(name, one, families[one.family], sets)
        for column in columns:
            if (before := taken.setdefault((one.family, column), name)) != name:
                raise bad_input(
                    f"ablation.parts.{name}", f"without columns of {before}", column,
                    "give every column to one part",
                )  # fmt: skip
        parts.append(_part(name, one.family, families[one.family], columns))
    for family, known in families.items():
        left = [column for column in known.names if (family, column) not in taken]
        if left and family != reference:
            parts.append(
                _part(f"other {family}" if len(left) < len(known.names) else family, family, known, left)
            )
    return parts


def _columns_of(
    name: str, one: PartOptions, family: FamilyColumns, sets: Mapping[str, Collection[str]]
) -> list[str]:
    """Return the columns of a part, in the order of its family."""
    if not one.sets and not one.columns:
        return list(family.names)
    if unknown := [each for each in one.sets if each not in sets]:
        raise bad_input(
            f"ablation.parts.{name}.sets", f"of {', '.join(sets)}", unknown,
            "name sets that features_tabular.sets asks for",
        )  # fmt: skip
    patterns = [*(column for each in one.sets for column in sets[each]), *one.columns]
    found = [column for column in family.names if any(fnmatchcase(column, each) for each in patterns)]
    if not found:
        raise bad_input(
            f"ablation.parts.{name}", f"of one or more columns of {one.family}", "none of them",
            "correct its sets and columns, or leave it out where these bars cannot give them",
        )  # fmt: skip
    return found


def _part(name: str, family: str, known: FamilyColumns, columns: Collection[str]) -> Part:
    """Name the columns of a part as the samples do."""
    wanted = set(columns)
    joined = tuple(called for own, called in zip(known.names, known.joined, strict=True) if own in wanted)
    is_sequence = known.role == "sequence"
    return Part(
        name=name, family=family, channels=joined if is_sequence else (), static=() if is_sequence else joined
    )
