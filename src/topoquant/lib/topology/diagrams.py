"""Many persistence diagrams in four arrays."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Bars = tuple[NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True)
class Diagrams:
    """Persistence diagrams in dimensions 0 and 1, packed end to end.

    `diagrams[k]` gives the deaths of H0 (all born at 0, the one that never dies left out) and the
    (birth, death) pairs of H1 of diagram k, as views. Bars of no length are not kept; the order of
    bars within a diagram has no meaning.

    Attributes
    ----------
    h0 : ndarray of float32, shape (n_h0,)
        Deaths in H0 of all diagrams.
    h0_offsets : ndarray of int64, shape (n + 1,)
        Diagram k owns `h0[h0_offsets[k]:h0_offsets[k + 1]]`.
    h1 : ndarray of float32, shape (n_h1, 2)
        Births and deaths in H1 of all diagrams.
    h1_offsets : ndarray of int64, shape (n + 1,)
        As `h0_offsets`.

    Examples
    --------
    >>> diagrams = Diagrams.pack([(np.array([1, 1, 1]), np.array([[1.0, 1.5]]))])
    >>> len(diagrams), diagrams[0][1].tolist()
    (1, [[1.0, 1.5]])
    """

    h0: NDArray[np.float32]
    h0_offsets: NDArray[np.int64]
    h1: NDArray[np.float32]
    h1_offsets: NDArray[np.int64]

    @classmethod
    def pack(cls, bars: Iterable[tuple[NDArray[np.floating], NDArray[np.floating]]]) -> Self:
        """Pack (H0 deaths, H1 pairs) of successive diagrams."""
        pairs = list(bars)
        return cls(
            h0=np.concatenate([np.empty(0, np.float32), *(h0 for h0, _ in pairs)], dtype=np.float32),
            h0_offsets=np.cumsum([0, *(len(h0) for h0, _ in pairs)], dtype=np.int64),
            h1=np.concatenate([np.empty((0, 2), np.float32), *(h1 for _, h1 in pairs)], dtype=np.float32),
            h1_offsets=np.cumsum([0, *(len(h1) for _, h1 in pairs)], dtype=np.int64),
        )

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Put the diagrams of several packs one after the other."""
        if not parts:
            return cls.pack([])
        return cls(
            h0=np.concatenate([part.h0 for part in parts]),
            h0_offsets=_joined([part.h0_offsets for part in parts]),
            h1=np.concatenate([part.h1 for part in parts]),
            h1_offsets=_joined([part.h1_offsets for part in parts]),
        )

    def __len__(self) -> int:
        """Return the number of diagrams."""
        return len(self.h0_offsets) - 1

    def __getitem__(self, k: int) -> Bars:
        """Return (H0 deaths, H1 pairs) of diagram `k`."""
        if not -len(self) <= k < len(self):
            raise IndexError(f"diagram {k} of {len(self)}")
        k %= len(self)
        return (
            self.h0[self.h0_offsets[k] : self.h0_offsets[k + 1]],
            self.h1[self.h1_offsets[k] : self.h1_offsets[k + 1]],
        )

    def __iter__(self) -> Iterator[Bars]:
        """Go through the diagrams in order."""
        return (self[k] for k in range(len(self)))


def _joined(offsets: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Chain offsets, each of which begins at 0."""
    counts = np.concatenate([np.diff(one) for one in offsets])
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
