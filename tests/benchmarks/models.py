"""Training steps of our models beside plain ones of the same size, on the same batch."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.benchmarks.measuring import Row, compare
from topoquant.lib.models import DLinearOptions, Head, NBeatsOptions, TransformerOptions, build_model
from topoquant.lib.models.nbeats import seasonality_basis, trend_basis

BATCH = 64
WINDOW, HORIZON, N_CHANNELS = 96, 24, 25


def nbeats_step(*, quick: bool) -> Row:
    """Beside neuralforecast's step re-implemented: blocks with masks, AdamW as torch makes it by default."""
    hidden = 16 if quick else 512
    options = NBeatsOptions(
        stacks=("generic", "trend", "seasonality"), n_blocks=1, n_layers=2, hidden=hidden, degree=2,
        n_harmonics=2, n_generic=WINDOW, n_features=HORIZON, input_dropout=0.0, dropout=0.0,
    )  # fmt: skip
    ours = build_model(
        "nbeats", n_channels=1, window=WINDOW, n_static=0, options=options,
        heads=[Head(name="path", kind="value", n_outputs=HORIZON)],
    )  # fmt: skip
    peer = PlainNBeats(hidden)
    x, y = torch.randn(BATCH, WINDOW, 1), torch.randn(BATCH, HORIZON)
    mask = torch.ones(BATCH, WINDOW)
    inputs = {"sequence": x, "static": torch.zeros(BATCH, 0)}
    return compare(
        f"N-BEATS step, {_size(ours)}", "rows",
        ours=(_step(ours, lambda: functional.l1_loss(ours(inputs)["path"], y), fused=True), BATCH),
        peer=(_step(peer, lambda: functional.l1_loss(peer(x.squeeze(2), mask), y), fused=False), BATCH),
        compared=f"neuralforecast's step re-implemented, {_size(peer)}", repeats=1 if quick else 9,
    )  # fmt: skip


def transformer_step(*, quick: bool) -> Row:
    """Beside torch's own encoder, causal and with the same dropout."""
    n_blocks = 1 if quick else 2
    options = TransformerOptions(
        width=64, n_blocks=n_blocks, n_heads=4, feed_forward=128, pooling="mean", dropout=0.1
    )
    ours = build_model(
        "transformer", n_channels=N_CHANNELS, window=WINDOW, n_static=0, options=options,
        heads=[Head(name="label", kind="binary")],
    )  # fmt: skip
    peer = PlainTransformer(n_blocks)
    x, y = torch.randn(BATCH, WINDOW, N_CHANNELS), torch.rand(BATCH).round()
    inputs = {"sequence": x, "static": torch.zeros(BATCH, 0)}
    loss = functional.binary_cross_entropy_with_logits
    return compare(
        f"Transformer step, {_size(ours)}", "rows",
        ours=(_step(ours, lambda: loss(ours(inputs)["label"], y), fused=True), BATCH),
        peer=(_step(peer, lambda: loss(peer(x), y), fused=False), BATCH),
        compared=f"nn.TransformerEncoder, {_size(peer)}", repeats=1 if quick else 9,
    )  # fmt: skip


def dlinear_step(*, quick: bool) -> Row:
    """Beside the published form: the window padded, averaged, and two maps."""
    window = 24 if quick else 336
    ours = build_model(
        "dlinear", n_channels=7, window=window, n_static=0, options=DLinearOptions(kernel=25, shared=True),
        heads=[Head(name="path", kind="value", n_outputs=96)],
    )  # fmt: skip
    peer = PlainDLinear(window)
    peer.load_state_dict(
        {name.removeprefix("heads.layers.path."): value for name, value in ours.state_dict().items()}
    )
    x, y = torch.randn(BATCH, window, 7), torch.randn(BATCH, 96, 7)
    torch.testing.assert_close(ours({"sequence": x})["path"], peer(x), rtol=1e-3, atol=1e-4)
    return compare(
        f"DLinear step, {_size(ours)}", "rows",
        ours=(_step(ours, lambda: functional.mse_loss(ours({"sequence": x})["path"], y), fused=True), BATCH),
        peer=(_step(peer, lambda: functional.mse_loss(peer(x), y), fused=False), BATCH),
        compared="padding, pooling and two linear layers", repeats=1 if quick else 9,
    )  # fmt: skip


def half_precision_step(*, quick: bool) -> Row:
    """Our wide N-BEATS in bfloat16 beside itself in float32."""
    n_rows, hidden = (32, 16) if quick else (1024, 768)
    options = NBeatsOptions(
        stacks=("trend", "seasonality", "generic"), n_blocks=1, n_layers=2, hidden=hidden, degree=3,
        n_harmonics=8, n_generic=8, n_features=32, input_dropout=0.5, dropout=0.1,
    )  # fmt: skip
    model = build_model(
        "nbeats", n_channels=N_CHANNELS, window=WINDOW, n_static=0, options=options,
        heads=[Head(name="label", kind="binary")],
    )  # fmt: skip
    inputs = {"sequence": torch.randn(n_rows, WINDOW, N_CHANNELS), "static": torch.zeros(n_rows, 0)}
    y = torch.rand(n_rows).round()

    def loss() -> Tensor:
        return functional.binary_cross_entropy_with_logits(model(inputs)["label"], y)

    def half_loss() -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return loss()

    return compare(
        f"N-BEATS bf16, batch {n_rows}, {_size(model)}", "rows",
        ours=(_step(model, half_loss, fused=True), n_rows), peer=(_step(model, loss, fused=True), n_rows),
        compared="the same in float32", repeats=1 if quick else 5,
    )  # fmt: skip


class PlainNBeats(nn.Module):
    """The published forecaster as libraries write it: residuals masked, a forecast per block."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        trend, season = trend_basis(WINDOW + HORIZON, 2), seasonality_basis(WINDOW + HORIZON, 2)
        self.widths = [WINDOW + HORIZON, 2 * len(trend), 2 * len(season)]
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Linear(WINDOW, hidden),
                nn.ReLU(),
                nn.Linear(hidden, hidden),
                nn.ReLU(),
                nn.Linear(hidden, wide),
            )
            for wide in self.widths
        )
        self.register_buffer("trend", trend)
        self.register_buffer("season", season)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        residual, forecast = x.flip(1), x[:, -1:].repeat(1, HORIZON)
        mask = mask.flip(1)
        for block, basis in zip(self.blocks, (None, self.trend, self.season), strict=True):
            theta = block(residual)
            if basis is None:
                back, ahead = theta[:, :WINDOW], theta[:, WINDOW:]
            else:
                back_theta, ahead_theta = theta.chunk(2, dim=1)
                back, ahead = back_theta @ basis[:, :WINDOW], ahead_theta @ basis[:, WINDOW:]
            residual = (residual - back) * mask
            forecast = forecast + ahead
        return forecast


class PlainTransformer(nn.Module):
    """A projection, learned positions and torch's encoder."""

    def __init__(self, n_blocks: int) -> None:
        super().__init__()
        self.project = nn.Linear(N_CHANNELS, 64)
        self.positions = nn.Parameter(torch.zeros(WINDOW, 64))
        layer = nn.TransformerEncoderLayer(64, 4, 128, 0.1, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_blocks, nn.LayerNorm(64), enable_nested_tensor=False)
        self.head = nn.Linear(64, 1)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(WINDOW))

    def forward(self, x: Tensor) -> Tensor:
        encoded = self.encoder(self.project(x) + self.positions, mask=self.mask, is_causal=True)
        return self.head(encoded.mean(dim=1)).squeeze(1)


class PlainDLinear(nn.Module):
    """Decomposition by average pooling."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.trend, self.remainder = nn.Linear(window, 96), nn.Linear(window, 96)

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2)
        trend = functional.avg_pool1d(functional.pad(x, (12, 12), mode="replicate"), 25, 1)
        return (self.trend(trend) + self.remainder(x - trend)).transpose(1, 2)


def _step(model: nn.Module, loss: Callable[[], Tensor], *, fused: bool) -> Callable[[], None]:
    """One step: forward, backward, clipped, AdamW as our loop sets it up or as torch does by default."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=fused)
    parameters = list(model.parameters())

    def step() -> None:
        optimizer.zero_grad()
        loss().backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    step()
    return step


def _size(model: nn.Module) -> str:
    return f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters"
