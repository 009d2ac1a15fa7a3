"""A bidirectional LSTM with additive attention over the bars of the window.

Hochreiter and Schmidhuber (1997), "Long short-term memory"; Bahdanau, Cho and Bengio (2015), "Neural
machine translation by jointly learning to align and translate".

Shapes: B rows, L bars, C channels, H hidden units, F features.
"""

import torch
from torch import Tensor, nn

from topoquant.lib.models.encoder import Encoder, StaticEncoder, check_sequence
from topoquant.lib.models.options import LSTMOptions
from topoquant.lib.models.spec import ModelSpec


class AdditiveAttention(nn.Module):
    """Weigh the bars of a window by a score each bar gives itself.

    Shape
    -----
    Input (B, L, F); output: context (B, F) and weights (B, L), which sum to 1.
    """

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.project = nn.Linear(n_features, n_features)
        self.score = nn.Linear(n_features, 1, bias=False)

    def forward(self, states_BLF: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weighted mean of the bars, and the weights."""
        scores_BL = self.score(torch.tanh(self.project(states_BLF))).squeeze(-1)
        weights_BL = scores_BL.softmax(dim=1)
        return (weights_BL.unsqueeze(1) @ states_BLF).squeeze(1), weights_BL


class LSTM(Encoder):
    """Layer norm, a bidirectional LSTM, a residual layer, attention over the window, a dense layer.

    Parameters
    ----------
    spec : ModelSpec
        Shapes, heads and `LSTMOptions`.

    Raises
    ------
    InputError
        Without a sequence.

    Shape
    -----
    Input: `sequence` (B, L, C), time ascending; `static` (B, S), S may be 0. Output: one tensor
    per head. Both directions run within the window, which ends at the decision bar.

    Examples
    --------
    >>> from topoquant.lib.models.options import Head
    >>> options = LSTMOptions(hidden=64, n_residual=32, n_dense=32, dropout=0.2)
    >>> spec = ModelSpec(
    ...     name="lstm", n_channels=25, window=60, n_static=0, options=options,
    ...     heads=(Head(name="label", kind="binary"),),
    ... )
    >>> model = LSTM(spec)
    >>> inputs = {"sequence": torch.zeros(2, 60, 25), "static": torch.zeros(2, 0)}
    >>> model(inputs)["label"].shape, model.attention(inputs).shape
    (torch.Size([2]), torch.Size([2, 60]))
    """

    def __init__(self, spec: ModelSpec) -> None:
        options: LSTMOptions = spec.options
        super().__init__(spec, options.n_dense, own_scale=options.own_scale)
        check_sequence(spec)
        self.norm = nn.LayerNorm(spec.n_channels)
        self.recurrent = nn.LSTM(spec.n_channels, options.hidden, batch_first=True, bidirectional=True)
        self.narrow = nn.Linear(2 * options.hidden, options.n_residual)
        self.residual = nn.Sequential(
            nn.Linear(options.n_residual, options.n_residual), nn.GELU(), nn.Dropout(options.dropout)
        )
        self.attend = AdditiveAttention(options.n_residual)
        self.dense = nn.Sequential(
            nn.Linear(options.n_residual, options.n_dense), nn.GELU(), nn.Dropout(options.dropout)
        )
        self.static = StaticEncoder(spec.n_static, options.n_dense, options.dropout)

    def attention(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return how much each bar of the windows counts, (B, L): rows sum to 1."""
        weights_BL: Tensor = self.attend(self._states(self.windows(inputs)))[1]
        return weights_BL

    def embed(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return the dense layer's features, static features added."""
        context_BF, _ = self.attend(self._states(self.windows(inputs)))
        features_BF: Tensor = self.static(self.dense(context_BF), inputs["static"])
        return features_BF

    def _states(self, sequence_BLC: Tensor) -> Tensor:
        """Return the states of every bar (B, L, F)."""
        states_BLF = self.narrow(self.recurrent(self.norm(sequence_BLC))[0])
        residual_BLF: Tensor = states_BLF + self.residual(states_BLF)
        return residual_BLF
