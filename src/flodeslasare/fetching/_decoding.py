"""Undo `Content-Encoding` in bounded steps, so that a decompression bomb stops at the limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

STEP_BYTES = 262_144
"""The most that one step gives; memory and the time between two steps are bounded by it."""

_GZIP_MAGIC = b"\x1f\x8b"
_MAX_MEMBERS = 1_000
_KNOWN = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_FOREIGN = frozenset({"br", "zstd", "compress", "x-compress", "dcb", "dcz"})


class CannotDecode(Exception):
    """The bytes are not what their encoding says, or end too early."""


def foreign_encoding(header: str) -> str | None:
    """Give the encoding that a `Content-Encoding` names and we neither ask for nor know; else `None`.

    Words that are no encoding at all (`utf-8`, `none`) are met in the wild and mean nothing.
    """
    codings = [part.strip().lower() for part in header.split(",") if part.strip()]
    applied = [coding for coding in codings if coding in _KNOWN and coding != "identity"]
    for coding in codings:
        if coding in _FOREIGN:
            return coding
    return header.strip() if len(applied) > 1 else None


class Decoder:
    """Turns the bytes of one reply, as they come, into its body.

    The first bytes decide: servers send plain bodies labelled gzip, and gzip files without a label.
    `deflate` comes with the zlib wrapper (RFC 9110 §8.4.1.2) and, wrongly, without.
    """

    def __init__(self, header: str) -> None:
        self._is_deflate = "deflate" in header.lower()
        self._head = b""
        self._has_begun = False
        self._is_done = False
        self._wbits: int | None = None
        self._inflater: zlib._Decompress | None = None
        self._members = 0

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Give what `data` brings, at most `STEP_BYTES` at a time.

        Raises:
            CannotDecode: the compressed bytes are broken.
        """
        if not self._has_begun:
            self._head += data
            if len(self._head) < 2:
                return
            data, self._head = self._head, b""
            self._begin(data)
        if self._inflater is None:
            if not self._is_done:
                yield data
            return
        try:
            yield from self._inflate(data)
        except zlib.error as error:
            raise CannotDecode(str(error)) from error

    def end(self) -> bytes:
        """Give what is left when the last byte has come.

        Raises:
            CannotDecode: the compressed bytes stop before their end.
        """
        if not self._has_begun:
            return self._head
        if self._inflater is None:
            return b""
        try:
            rest = self._inflater.flush()
        except zlib.error as error:
            raise CannotDecode(str(error)) from error
        if not self._inflater.eof:
            raise CannotDecode("the compressed data ends too early")
        return rest

    def _begin(self, data: bytes) -> None:
        self._has_begun = True
        if data[:2] == _GZIP_MAGIC:
            self._wbits = 16 + zlib.MAX_WBITS
        elif self._is_deflate:
            is_wrapped = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
            self._wbits = zlib.MAX_WBITS if is_wrapped else -zlib.MAX_WBITS
        if self._wbits is not None:
            self._inflater = zlib.decompressobj(self._wbits)

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        while data and self._inflater is not None:
            if self._inflater.eof:  # one member has ended, and more bytes have come
                self._members += 1
                if not data.startswith(_GZIP_MAGIC) or self._members > _MAX_MEMBERS:
                    # Padding after the end is ignored, as gzip(1) does; so are absurdly many members.
                    self._inflater = None
                    self._is_done = True
                    return
                self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
            piece = self._inflater.decompress(data, STEP_BYTES)
            if piece:
                yield piece
            data = (
                self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail
            )
