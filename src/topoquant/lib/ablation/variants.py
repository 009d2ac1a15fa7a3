"""Variants: which parts a fit may look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from topoquant.lib.ablation.parts import Part
from topoquant.lib.errors import bad_input

ALL, BLIND, BASE = "all", "sign-blind", "base rate"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """Some of the parts.

    Attributes
    ----------
    name : str
        As it is shown: `all`, `sign-blind`, `<part> alone`, `without <part>`, `+ <part>`,
        `sign-blind + <part>`, `sign-blind + all`.
    kind : {"all", "reference", "alone", "without", "added", "beside"}
        What it is fitted for.
    parts : tuple of Part
        What it looks at.
    part : str or None
        The part it is about: alone, left out, added last or put beside the sign-blind columns; None for all.
    """

    name: str
    kind: str
    parts: tuple[Part, ...]
    part: str | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels of its parts."""
        return tuple(name for part in self.parts for name in part.channels)

    @property
    def static(self) -> tuple[str, ...]:
        """Static columns of its parts."""
        return tuple(name for part in self.parts for name in part.static)

    @property
    def n_columns(self) -> int:
        """Number of columns of its parts, each counted once."""
        return len(set(self.channels)) + len(set(self.static))


def list_variants(parts: Sequence[Part], reference: Part) -> list[Variant]:
    """List what is fitted: all parts, each alone, all but each, one after another, each beside volatility.

    Parameters
    ----------
    parts : sequence of Part
        In the order in which they are added; two or more.
    reference : Part
        Columns that are blind to the sign of every return. They know volatility: a part that adds nothing
        beside them says nothing else. They may be a part themselves, which is then put beside nothing.

    Returns
    -------
    list of Variant
        Several may have the same columns: of two parts, the first without the second is the first alone.

    Raises
    ------
    InputError
        For fewer than two parts, of which there is nothing to compare, and one called as a variant is.

    Examples
    --------
    >>> one, two, blind = (Part(name=n, family=n, channels=(), static=(n,)) for n in ("tda", "gaf", "blind"))
    >>> [variant.name for variant in list_variants([one, two], blind)]
    ['all', 'sign-blind', 'tda alone', 'gaf alone', 'without tda', 'without gaf', 'tda', '+ gaf',
     'sign-blind + tda', 'sign-blind + gaf', 'sign-blind + all']
    """
    if len(parts) < 2:
        raise bad_input(
            "ablation.parts", "two or more", [part.name for part in parts],
            "split the family by sets or columns",
        )  # fmt: skip
    if taken := sorted({one.name for one in parts} & {ALL, BLIND, BASE}):
        raise bad_input("names of ablation.parts", f"none of {ALL}, {BLIND}, {BASE}", taken, "rename them")
    whole = tuple(parts)
    variants = [
        Variant(name=ALL, kind="all", parts=whole),
        Variant(name=BLIND, kind="reference", parts=(reference,)),
    ]
    variants += [
        Variant(name=f"{one.name} alone", kind="alone", parts=(one,), part=one.name) for one in whole
    ]
    for one in whole:
        rest = tuple(other for other in whole if other is not one)
        variants.append(Variant(name=f"without {one.name}", kind="without", parts=rest, part=one.name))
    for n, one in enumerate(whole, start=1):
        name = f"+ {one.name}" if n > 1 else one.name
        variants.append(Variant(name=name, kind="added", parts=whole[:n], part=one.name))
    others = [one for one in whole if one.family != reference.family]
    variants += [
        Variant(name=f"{BLIND} + {one.name}", kind="beside", parts=(reference, one), part=one.name)
        for one in others
    ]
    beside = (reference, *others)
    return [*variants, Variant(name=f"{BLIND} + {ALL}", kind="beside", parts=beside)]
