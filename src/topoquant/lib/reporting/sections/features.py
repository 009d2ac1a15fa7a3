"""What models are shown of a window: its images, and what their pixels are."""

from topoquant.lib.reporting.figures.image_sheet import channel_title, draw_scale, draw_sheet
from topoquant.lib.reporting.formatting import Record, count, decimal
from topoquant.lib.reporting.markup import Html, element, join, note, table
from topoquant.lib.reporting.sections.section import Section

SHEET = """Samples of train and val rows, evenly over time; the series is the longest window. Time runs from
left to right and from top to bottom. All windows of a row end at its decision time."""
FIELDS = {
    "summation": "the cosine of the sum of two angles",
    "difference": "the sine of their difference",
    "markov": "how often the state of one value is followed by that of the other",
    "recurrence": "how far two values are apart, in shares of the scale",
    "spectrogram": "the power of rhythms over time, fast ones below",
}
RANGES = "Over every used row, test rows included: pixels, without labels. Flat: windows without a move."


def features_section(image_ranges: Record, image_sheet: Record) -> Section:
    """Show images of each class, and the range of every channel.

    Parameters
    ----------
    image_ranges : mapping
        series, size, n_rows, dropped (by reason) and channels: of `image_ranges`.
    image_sheet : mapping
        Of the function `image_sheet`.

    Returns
    -------
    Section
        Anchor ``features``.
    """
    size, channels = image_ranges["size"], image_ranges["channels"]
    lead = (
        f"{count(len(channels))} images of {size} x {size} pixels from the {image_ranges['series']} of "
        f"{count(image_ranges['n_rows'])} rows, made per batch and never stored."
    )
    names = list(dict.fromkeys(one["class"] for one in image_sheet["samples"]))
    sheets = [element("figure", element("h3", name), draw_sheet(image_sheet, name)) for name in names]
    dropped = [f"{count(n)} {name.replace('_', ' ')}" for name, n in image_ranges["dropped"].items() if n]
    parts = [
        element("p", lead, class_="lead"),
        note(f"Rows without a whole window: {', '.join(dropped) or 'none'}."),
        element("div", *sheets, class_="pair"),
        _keys(image_sheet),
        note(SHEET),
        element("h3", "Value ranges"),
        table(
            ["image", "least", "mean", "most", "std", "NaN", "flat"],
            [
                [
                    channel_title(one),
                    *(decimal(one[name], 3) for name in ("min", "mean", "max", "std")),
                    *(count(one[name]) for name in ("n_nan", "n_flat")),
                ]
                for one in channels
            ],
        ),
        note(RANGES),
    ]
    return Section("features", "Features", join(parts))


def _keys(sheet: Record) -> Html:
    """Say what each kind of image shows, and what its colours mean."""
    kinds = {one["method"]: (one["low"], one["high"]) for one in sheet["channels"]}
    items = [
        element("div", element("dt", name), element("dd", FIELDS[name], draw_scale(*ends)))
        for name, ends in kinds.items()
    ]
    return element("dl", *items, class_="facts")
