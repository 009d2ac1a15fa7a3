"""Attention of several heads, for models whose parts look at each other.

Vaswani et al. (2017), "Attention is all you need". Dropout acts on what a part adds, not on attention
weights: that is most of its cost and little of its use.

Shapes: B rows, T tokens, D width.
"""

from torch import Tensor, nn
from torch.nn import functional

from topoquant.lib.errors import bad_input


class SelfAttention(nn.Module):
    """Every token attends to all tokens, or to itself and earlier ones.

    Parameters
    ----------
    width : int
        Of a token.
    n_heads : int
        Must divide it.
    causal : bool
        Whether later tokens are hidden.

    Raises
    ------
    InputError
        For a width that the heads do not divide.

    Shape
    -----
    Input and output (B, T, D).

    Examples
    --------
    >>> import torch
    >>> SelfAttention(8, 2, causal=True)(torch.zeros(3, 5, 8)).shape
    torch.Size([3, 5, 8])
    """

    def __init__(self, width: int, n_heads: int, *, causal: bool) -> None:
        super().__init__()
        if width % n_heads:
            raise bad_input(
                "width of attention", f"a multiple of n_heads = {n_heads}", width, "change either"
            )
        self.n_heads = n_heads
        self.causal = causal
        self.to_qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x_BTD: Tensor) -> Tensor:
        """Return what each token gathers."""
        query, key, value = (self._by_head(part) for part in self.to_qkv(x_BTD).chunk(3, dim=2))
        gathered = functional.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        out_BTD: Tensor = self.out(gathered.transpose(1, 2).flatten(2))
        return out_BTD

    def last(self, x_BTD: Tensor) -> Tensor:
        """Return what the last token alone gathers, (B, 1, D): the same, at the cost of one token."""
        query, key, value = (self._by_head(part) for part in self.to_qkv(x_BTD).chunk(3, dim=2))
        gathered = functional.scaled_dot_product_attention(query[:, :, -1:], key, value)
        out_B1D: Tensor = self.out(gathered.transpose(1, 2).flatten(2))
        return out_B1D

    def _by_head(self, x_BTD: Tensor) -> Tensor:
        """Return (B, heads, T, D / heads)."""
        return x_BTD.unflatten(2, (self.n_heads, -1)).transpose(1, 2)
