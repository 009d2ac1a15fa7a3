"""Images of windows: Gramian fields, Markov fields, recurrence plots and spectrograms, of any size."""

from topoquant.lib.imaging.augmentation import add_noise, rotate_and_scale, scale_sequences
from topoquant.lib.imaging.channels import channel_names, image_channels
from topoquant.lib.imaging.gramian import gramian_angular_field
from topoquant.lib.imaging.markov import markov_transition_field
from topoquant.lib.imaging.options import ImageOptions
from topoquant.lib.imaging.recurrence import recurrence_plot
from topoquant.lib.imaging.scaled_windows import scaled_windows
from topoquant.lib.imaging.scaling import resampling_matrix, volatility_half_range
from topoquant.lib.imaging.sheet import image_ranges, image_sheet
from topoquant.lib.imaging.spectrogram import spectrogram
from topoquant.lib.imaging.windows import ImageWindows, image_windows, image_windows_of_rows

__all__ = [
    "ImageOptions",
    "ImageWindows",
    "add_noise",
    "channel_names",
    "gramian_angular_field",
    "image_channels",
    "image_ranges",
    "image_sheet",
    "image_windows",
    "image_windows_of_rows",
    "markov_transition_field",
    "recurrence_plot",
    "resampling_matrix",
    "rotate_and_scale",
    "scale_sequences",
    "scaled_windows",
    "spectrogram",
    "volatility_half_range",
]
