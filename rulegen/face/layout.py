"""Rule files laid out anew."""

from rulegen.errors import Source
from rulegen.language.formatter import format_source
from rulegen.language.source import read_source


def laid_out(name: str, text: str | None = None) -> tuple[str, str]:
    """A file of rules as it is and as it would be laid out; `text` stands in for it. Raises StyleError."""
    source = read_source(name) if text is None else Source("<stdin>", text)
    return source.text, format_source(source)
