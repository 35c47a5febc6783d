"""The process that reads and writes the results of an account for a process of root's, under that account.

Started as ``python -m dtscheduler.caches.delegate FOLDER`` by ``caches.delegated``, with a socket as its standard input and
output. What crosses it, either way, is a head of two lengths, a JSON object and a payload.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from dtscheduler.caches.disk import SMALL_BYTES, DiskCache
from dtscheduler.errors import ResultError, ResultMissingError, SchedulerError
from dtscheduler.ports import ResultCache

IDLE_SECONDS = 60
LONGEST_MESSAGE = 2**28
MOST_KEYS = 10_000
_HEAD = struct.Struct("!QQ")
_CHUNK = 2**20


def main(folder: str) -> None:
    """Answer requests until there are none for a while, or nobody is there to make them."""
    line, cache = socket.socket(fileno=os.dup(0)), DiskCache(Path(folder))
    while select.select([line], [], [], IDLE_SECONDS)[0]:
        try:
            request, payload = receive(line, folder)
        except ConnectionError:
            return
        send(line, *answer_to(request, payload, cache))


def answer_to(
    request: dict[str, Any], payload: bytes | BinaryIO, cache: ResultCache
) -> tuple[dict[str, Any], bytes | BinaryIO]:
    """Do what is asked: an object to answer with, and a payload."""
    try:
        match request:
            case {"put": str(key), "note": str(note)}:
                return {"found": cache.put(key, payload, note)}, b""
            case {"get": str(key)}:
                return {"found": True}, cache.get(key)
            case {"note": str(key)}:
                return {"found": cache.note(key)}, b""
            case {"find": list(keys)}:
                return {"found": cache.find(keys)}, b""
            case {"missing": list(keys)}:
                return {"found": sorted(cache.missing(keys))}, b""
            case {"keys": str(after)}:
                return {"found": _some_keys(cache, after)}, b""
            case {"sizes": list(keys), "idle": float(idle)}:
                return {"found": cache.sizes(keys, idle_seconds=idle)}, b""
            case {"remove": list(keys), "idle": float(idle)}:
                return {"found": cache.remove(keys, idle_seconds=idle)}, b""
    except ResultMissingError as error:
        return {"missing": str(error)}, b""
    except SchedulerError as error:
        return {"error": str(error)}, b""
    return {"error": "there is no such request"}, b""


def _some_keys(cache: ResultCache, after: str) -> list[str]:
    """The next keys; that some could not be listed is said when there are no more."""
    found: list[str] = []
    try:
        found += islice(cache.keys(after), MOST_KEYS)
    except ResultError:
        if not found:
            raise
    return found


def send(line: socket.socket, message: dict[str, Any], payload: bytes | BinaryIO = b"") -> None:
    """Send a message with its payload; a file is sent from where it stands, and closed by whoever opened it."""
    content = json.dumps(message).encode()
    if isinstance(payload, bytes):
        line.sendall(_HEAD.pack(len(content), len(payload)) + content + payload)
        return
    size = os.fstat(payload.fileno()).st_size - payload.tell()
    line.sendall(_HEAD.pack(len(content), size) + content)
    while chunk := payload.read(_CHUNK):
        line.sendall(chunk)


def receive(line: socket.socket, folder: str | None = None) -> tuple[dict[str, Any], bytes | BinaryIO]:
    """Wait for a message; a large payload comes as an open file, which is kept in ``folder`` meanwhile.

    Raises:
        ConnectionError: the other end is gone.
        ValueError: this is no message.
    """
    length, payload_length = _HEAD.unpack(_exactly(line, _HEAD.size))
    if length > LONGEST_MESSAGE:
        raise ValueError("the message is too long")
    message = json.loads(_exactly(line, length))
    payload = _exactly(line, payload_length) if payload_length < SMALL_BYTES else _file(line, payload_length, folder)
    if isinstance(message, dict):
        return message, payload
    raise ValueError("the message is not one")


def _file(line: socket.socket, length: int, folder: str | None) -> BinaryIO:
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 # closed by its last reader
    while length:
        chunk = _some(line, length)
        file.write(chunk)
        length -= len(chunk)
    file.seek(0)
    return file


def _exactly(line: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        found += _some(line, length - len(found))
    return bytes(found)


def _some(line: socket.socket, most: int) -> bytes:
    chunk = line.recv(min(most, _CHUNK))
    if not chunk:
        raise ConnectionResetError("the other end is gone")
    return chunk


if __name__ == "__main__":
    main(sys.argv[1])
