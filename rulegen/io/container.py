"""From the bytes of a MusicXML file, plain or compressed, to its tree; nothing outside it is ever fetched."""

import io
import lzma
import struct
import zipfile
import zlib
from typing import NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from rulegen.errors import ScoreReadError
from rulegen.io.files import LARGEST_FILE

_CONTAINER = "META-INF/container.xml"
# What zipfile raises, by the bytes that are wrong: offsets below 0, names, methods and data that are none.
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError, struct.error)
_ZIP_MARK = b"PK\x03\x04"


def read_tree(content: bytes, name: str) -> Element:
    """The score-partwise element of a file; `name` is what errors call it.

    Raises ScoreReadError for what is no MusicXML.
    """
    if content.startswith(_ZIP_MARK):
        content = _unpacked(content, name)
    root = parse_xml(content, name)
    if root.tag == "score-timewise":
        return _partwise(root)
    if root.tag != "score-partwise":
        raise ScoreReadError(f"{name} is no MusicXML score: it begins with <{root.tag}>")
    return root


def parse_xml(content: bytes, name: str) -> Element:
    """The tree of an XML text; raises ScoreReadError, with the line, for what is not well formed."""
    parser = expat.ParserCreate(namespace_separator=None)
    builder = TreeBuilder()
    parser.StartElementHandler = lambda tag, attributes: builder.start(tag, attributes)
    parser.EndElementHandler = lambda tag: builder.end(tag)
    parser.CharacterDataHandler = builder.data
    parser.buffer_text = True

    def refuse_entities(*_: object) -> NoReturn:
        raise ScoreReadError(
            f"{name}, line {parser.CurrentLineNumber}: it declares XML entities, which no score needs"
        )

    parser.EntityDeclHandler = refuse_entities
    try:
        parser.Parse(content, True)
        return builder.close()
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise ScoreReadError(f"{name}, line {error.lineno}: the XML is broken: {reason}") from None
    except (ParseError, AssertionError, ValueError, LookupError) as error:
        raise ScoreReadError(f"{name}: the XML is broken: {error}") from None


def _unpacked(content: bytes, name: str) -> bytes:
    """The score inside a compressed file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            container = parse_xml(_member(archive, _CONTAINER, name), f"{name}: {_CONTAINER}")
            entry = container.find(".//{*}rootfile")
            path = "" if entry is None else entry.get("full-path", "")
            if not path:
                raise ScoreReadError(f"{name}: its {_CONTAINER} names no score")
            return _member(archive, path, name)
    except (*_DAMAGE, OSError) as error:
        # zipfile quotes a name that is not the directory's as bytes, as many as a damaged length says.
        said = "a file in it has another name in its directory" if " header b" in str(error) else error
        raise ScoreReadError(f"{name}: the compressed file is damaged: {said}") from None


def _member(archive: zipfile.ZipFile, path: str, name: str) -> bytes:
    try:
        entry = archive.getinfo(path)
    except KeyError:
        raise ScoreReadError(f"{name}: the compressed file holds no {path}") from None
    if entry.file_size > LARGEST_FILE:
        raise ScoreReadError(f"{name}: {path} would unpack to more than 20 MB")
    with archive.open(entry) as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ScoreReadError(f"{name}: {path} unpacks to more than 20 MB")
    return content


def _partwise(root: Element) -> Element:
    """A score told measure by measure, told part by part."""
    parts: dict[str, Element] = {}
    found = Element("score-partwise")
    for child in root:
        if child.tag != "measure":
            found.append(child)
            continue
        for part in child.findall("part"):
            own = parts.setdefault(part.get("id", ""), Element("part", {"id": part.get("id", "")}))
            measure = Element("measure", child.attrib)
            measure.extend(list(part))
            own.append(measure)
    found.extend(parts.values())
    return found
