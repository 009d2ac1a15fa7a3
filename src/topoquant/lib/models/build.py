"""Which models exist, without importing any of them, and how one is built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import cast

from topoquant.lib.errors import bad_input
from topoquant.lib.models.options import (
    Conv1dOptions,
    DLinearOptions,
    GafCnnOptions,
    Head,
    HybridOptions,
    LightGBMOptions,
    LogisticOptions,
    LSTMOptions,
    MajorityOptions,
    NBeatsOptions,
    ResNetOptions,
    RidgeOptions,
    TCNOptions,
    TransformerOptions,
    XGBoostOptions,
    ZeroOptions,
)
from topoquant.lib.models.rows import Model
from topoquant.lib.models.spec import ModelSpec


@dataclass(frozen=True)
class ModelEntry:
    """What is known of a model before its library is imported.

    Attributes
    ----------
    options : type
        Its options dataclass.
    is_torch : bool
        True when the Lightning loop trains it; False when it fits itself to samples.
    module, attribute : str
        Where the class lives.
    """

    options: type
    is_torch: bool
    module: str
    attribute: str

    def load(self) -> type:
        """Import and return the class, and with it the library it needs."""
        loaded: type = getattr(import_module(self.module), self.attribute)
        return loaded


MODELS: Mapping[str, ModelEntry] = MappingProxyType(
    {
        "nbeats": ModelEntry(NBeatsOptions, True, "topoquant.lib.models.nbeats", "NBeats"),
        "dlinear": ModelEntry(DLinearOptions, True, "topoquant.lib.models.dlinear", "DLinear"),
        "tcn": ModelEntry(TCNOptions, True, "topoquant.lib.models.tcn", "TCN"),
        "lstm": ModelEntry(LSTMOptions, True, "topoquant.lib.models.lstm", "LSTM"),
        "transformer": ModelEntry(
            TransformerOptions, True, "topoquant.lib.models.transformer", "Transformer"
        ),
        "conv1d": ModelEntry(Conv1dOptions, True, "topoquant.lib.models.conv1d", "Conv1d"),
        "resnet": ModelEntry(ResNetOptions, True, "topoquant.lib.models.resnet", "ResNet"),
        "gaf_cnn": ModelEntry(GafCnnOptions, True, "topoquant.lib.models.gaf_cnn", "GafCnn"),
        "hybrid": ModelEntry(HybridOptions, True, "topoquant.lib.models.hybrid", "Hybrid"),
        "xgboost": ModelEntry(XGBoostOptions, False, "topoquant.lib.models.xgboost_trees", "XGBoost"),
        "lightgbm": ModelEntry(LightGBMOptions, False, "topoquant.lib.models.boosters", "LightGBM"),
        "logistic": ModelEntry(LogisticOptions, False, "topoquant.lib.models.baselines", "Logistic"),
        "ridge": ModelEntry(RidgeOptions, False, "topoquant.lib.models.baselines", "RidgeLine"),
        "zero": ModelEntry(ZeroOptions, False, "topoquant.lib.models.baselines", "Zero"),
        "majority": ModelEntry(MajorityOptions, False, "topoquant.lib.models.baselines", "Majority"),
    }
)


def build_model(
    name: str,
    *,
    n_channels: int,
    window: int,
    n_static: int,
    heads: Sequence[Head],
    options: object,
    n_raw: int = 0,
    static_groups: Sequence[tuple[str, int]] = (),
) -> Model:
    """Build an unfitted model for inputs of a given shape.

    Parameters
    ----------
    name : str
        A name in `MODELS`.
    n_channels : int
        Channels of `sequence`; 0 without a sequence.
    window : int
        Bars per window; 0 without a sequence.
    n_static : int
        Static features; 0 without any.
    heads : sequence of Head
        What to predict, at least one, names distinct.
    options : object
        An instance of `MODELS[name].options`.
    n_raw : int, optional
        Bars of the raw window that images are made of; absent without one.
    static_groups : sequence of (str, int), optional
        Families of the static features in the order of their columns, and how many columns each has, for
        models that encode families apart; absent, all are one.

    Returns
    -------
    torch.nn.Module or RowModel
        Unfitted. `model.spec` holds these arguments.

    Raises
    ------
    InputError
        For an unknown name, options of another model, heads that are absent or repeated, or groups that
        do not add up to the static features.

    Examples
    --------
    >>> from topoquant.lib.models.options import Head, MajorityOptions
    >>> heads = [Head(name="label", kind="binary")]
    >>> model = build_model(
    ...     "majority", n_channels=0, window=0, n_static=3, heads=heads, options=MajorityOptions()
    ... )
    >>> model.spec.name
    'majority'
    """
    if name not in MODELS:
        raise bad_input("model", f"one of {sorted(MODELS)}", repr(name), "choose one of them")
    entry = MODELS[name]
    if not isinstance(options, entry.options):
        raise bad_input(
            f"options of {name}", f"a {entry.options.__name__}", type(options).__name__,
            "give every model its own options",
        )  # fmt: skip
    names = [head.name for head in heads]
    if not names or len(set(names)) < len(names):
        raise bad_input("heads", "at least one, each named once", names, "name every target once")
    groups = tuple((str(family), int(n)) for family, n in static_groups)
    if groups and sum(n for _, n in groups) != n_static:
        raise bad_input(
            "static_groups", f"of {n_static} columns together", groups, "count every family's columns"
        )
    spec = ModelSpec(
        name=name,
        n_channels=n_channels,
        window=window,
        n_static=n_static,
        heads=tuple(heads),
        options=options,
        n_raw=n_raw,
        static_groups=groups,
    )
    return cast(Model, entry.load()(spec))
