"""Torch's and Lightning's settings of a process, as a fit needs them and as they were."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from topoquant.lib.errors import bad_input
from topoquant.lib.training.options import FitOptions

# The first is a choice, not a mistake; the second is between Lightning 2.6 and torch 2.13 alone.
IGNORED_WARNINGS = ("GPU available but not used", ".*LeafSpec.* is deprecated")
# Under both of its package names: mlflow imports the other one, whose logger then takes over.
LIGHTNING_LOGGERS = ("lightning.pytorch", "lightning.fabric", "pytorch_lightning", "lightning_fabric")


def check_device(options: FitOptions) -> None:
    """Refuse a device that this machine does not have, or a precision that the device does not.

    Raises
    ------
    InputError
        For "cuda" without a GPU, more processes than GPUs, or fp16 on a CPU.
    """
    if options.device == "cuda":
        if not torch.cuda.is_available():
            raise bad_input(
                "device", '"cpu" on a machine without a GPU', '"cuda"',
                "run with --env=local or on a GPU machine",
            )  # fmt: skip
        if options.n_devices > torch.cuda.device_count():
            raise bad_input(
                "n_devices", f"at most the {torch.cuda.device_count()} GPUs of this machine",
                options.n_devices, "lower it",
            )  # fmt: skip
    elif options.precision == "16-mixed":
        raise bad_input("precision", "32-true or bf16-mixed on a CPU", "16-mixed", "choose one of them")


@contextmanager
def torch_settings(options: FitOptions, seed: int) -> Iterator[None]:
    """Seed torch and set its threads; both are as before on leaving."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(options.n_threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(n_threads)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep Lightning's hints off the console; its warnings stay, but for two nobody can act on."""
    loggers = [logging.getLogger(name) for name in LIGHTNING_LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in IGNORED_WARNINGS:
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextmanager
def tensors_in_files() -> Iterator[None]:
    """Hand tensors to other processes as named files: descriptors cannot be handed on everywhere."""
    before = torch.multiprocessing.get_sharing_strategy()
    torch.multiprocessing.set_sharing_strategy("file_system")
    try:
        yield
    finally:
        torch.multiprocessing.set_sharing_strategy(before)
