"""Small pieces of HTML; every text that is not already HTML is escaped."""

import html
from collections.abc import Iterable, Mapping, Sequence


class Html(str):
    """Text that is HTML already and must not be escaped again.

    Examples
    --------
    >>> safe("a < b"), safe(Html("<b>a</b>"))
    ('a &lt; b', '<b>a</b>')
    """


def safe(value: object) -> Html:
    """Turn anything into HTML, escaping whatever is not HTML already.

    Parameters
    ----------
    value : object
        HTML, or anything with a text.

    Returns
    -------
    Html
        Text that can stand in a page, between tags or in a quoted attribute.

    Examples
    --------
    >>> safe('<script>"')
    '&lt;script&gt;&quot;'
    """
    return value if isinstance(value, Html) else Html(html.escape(str(value), quote=True))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """Write one element.

    Parameters
    ----------
    tag : str
        Name of the tag.
    *children : object
        What stands inside, escaped unless it is `Html`.
    **attributes : object
        Attributes; an underscore at the end is dropped, one inside becomes a hyphen, None leaves it out.

    Returns
    -------
    Html
        The element.

    Examples
    --------
    >>> element("p", "a & b", class_="note", data_x=1)
    '<p class="note" data-x="1">a &amp; b</p>'
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{safe(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Html(f"<{tag}{written}>{join(children)}</{tag}>")


def join(parts: Iterable[object]) -> Html:
    """Put pieces behind one another.

    Parameters
    ----------
    parts : iterable of object
        Pieces, escaped unless they are `Html`.

    Returns
    -------
    Html
        All of them.

    Examples
    --------
    >>> join([Html("<br>"), "a<b"])
    '<br>a&lt;b'
    """
    return Html("".join(safe(part) for part in parts))


def table(headers: Sequence[object], rows: Iterable[Sequence[object]], *, n_texts: int = 1) -> Html:
    """Write a table that scrolls inside its own box when it is wider than the page.

    Parameters
    ----------
    headers : sequence of object
        Heads of the columns.
    rows : iterable of sequence of object
        Cells, as they are to be read.
    n_texts : int
        How many columns from the left hold text; the rest are numbers, set to the right.

    Returns
    -------
    Html
        The table in its box.

    Examples
    --------
    >>> table(["name", "n"], [["val", "2,880"]]).count("<td")
    2
    """
    kinds = ["text" if i < n_texts else "number" for i in range(len(headers))]
    head = join(
        element("th", cell, class_=kind, scope="col") for kind, cell in zip(kinds, headers, strict=True)
    )
    body = join(
        element("tr", *(element("td", cell, class_=kind) for kind, cell in zip(kinds, row, strict=True)))
        for row in rows
    )
    whole = element("table", element("thead", element("tr", head)), element("tbody", body))
    return element(
        "div", whole, class_="scroll", tabindex="0", role="region", aria_label=f"table of {headers[0]}"
    )


def facts(pairs: Mapping[str, object]) -> Html:
    """Write names and their values as a list that flows into as many columns as fit.

    Parameters
    ----------
    pairs : mapping of str to object
        What each value is called, and how it is to be read.

    Returns
    -------
    Html
        A description list.

    Examples
    --------
    >>> facts({"rows": "2,880"})
    '<dl class="facts"><div><dt>rows</dt><dd>2,880</dd></div></dl>'
    """
    items = (element("div", element("dt", name), element("dd", value)) for name, value in pairs.items())
    return element("dl", *items, class_="facts")


def note(text: object) -> Html:
    """Write a paragraph in the quiet tone of explanations.

    Parameters
    ----------
    text : object
        The paragraph.

    Returns
    -------
    Html
        The paragraph.

    Examples
    --------
    >>> note("first half of val")
    '<p class="note">first half of val</p>'
    """
    return element("p", text, class_="note")
