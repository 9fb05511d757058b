"""Forms with files. A name that is not in Unicode, as old programs send them, loses nobody the file.

Werkzeug drops the whole form then. Here the line that names such a file is read as Windows' Western encoding,
which has a character for nearly every byte.
"""

from typing import IO, Any

from flask import Request
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser, MultiPartParser
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData


class _Decoder(MultipartDecoder):
    """Reads the parts of a form."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        try:
            data.decode()
        except UnicodeDecodeError:
            data = data.decode("cp1252", "replace").encode()
        return super()._parse_headers(data)

    def events(self, block: bytes | None) -> list[Event]:
        """Return what a block of the form brings; None is its end."""
        self.receive_data(block)
        found: list[Event] = []
        while not isinstance(event := self.next_event(), Epilogue | NeedData):
            found.append(event)
        return found


class _PartsParser(MultiPartParser):
    """Sorts the parts of a form into texts and files."""

    def parse(
        self, stream: IO[bytes], boundary: bytes, content_length: int | None
    ) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
        """Return the texts and the files of a form."""
        decoder = _Decoder(
            boundary, max_form_memory_size=self.max_form_memory_size, max_parts=self.max_form_parts
        )
        texts: list[tuple[str, bytearray, Headers]] = []
        files: list[tuple[str, FileStorage]] = []
        is_file = False
        block: bytes | None = b""
        while block is not None:
            block = stream.read(self.buffer_size) or None
            for event in decoder.events(block):
                if isinstance(event, Field):
                    is_file = False
                    texts.append((event.name, bytearray(), event.headers))
                elif isinstance(event, File):
                    is_file = True
                    container = self.start_file_streaming(event, content_length)
                    files.append(
                        (
                            event.name,
                            FileStorage(container, event.filename, event.name, headers=event.headers),
                        )
                    )
                elif isinstance(event, Data):
                    if is_file:
                        files[-1][1].stream.write(event.data)
                    else:
                        texts[-1][1].extend(event.data)
                        self._check_size(texts[-1][1])
        for _, file in files:
            file.stream.seek(0)
        decoded = [
            (name, bytes(text).decode(self.get_part_charset(headers), "replace"))
            for name, text, headers in texts
        ]
        return self.cls(decoded), self.cls(files)

    def _check_size(self, text: bytearray) -> None:
        if self.max_form_memory_size is not None and len(text) > self.max_form_memory_size:
            raise RequestEntityTooLarge


class _FormParser(FormDataParser):
    """Reads forms."""

    def _parse_multipart(
        self,
        stream: IO[bytes],
        mimetype: str,  # noqa: ARG002 - named by its base
        content_length: int | None,
        options: dict[str, str],
    ) -> Any:
        boundary = options.get("boundary", "").encode("ascii")
        if not boundary:
            raise ValueError("The form has no boundary.")
        parser = _PartsParser(
            stream_factory=self.stream_factory,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            cls=self.cls,
        )
        return stream, *parser.parse(stream, boundary, content_length)


class FormRequest(Request):
    """A request whose form may have files of any name."""

    form_data_parser_class = _FormParser
