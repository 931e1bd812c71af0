"""Text in XML, as `xml.sax.saxutils` writes it; that module loads urllib and http, so here only when it is needed."""

from __future__ import annotations


def escape(text: str) -> str:
    """Text between tags.

    >>> escape("a < b")
    'a &lt; b'
    """
    from xml.sax import saxutils

    return saxutils.escape(text)


def quoteattr(text: str) -> str:
    """The value of an attribute, in quotes.

    >>> quoteattr("a < b")
    '"a &lt; b"'
    """
    from xml.sax import saxutils

    return saxutils.quoteattr(text)
