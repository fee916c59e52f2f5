"""The address of the web pages: the port asked for, or the next free one when nobody asked."""

from __future__ import annotations

import errno
import socket

from lectern.words import Failure, note

DEFAULT_PORT = 8000
TRIES = 50


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise Failure(
                f"无法在地址 {host} 上提供网页：{error.strerror}。"
                f"请用 --host 指定本机的地址，例如 127.0.0.1。",
                f"The pages cannot be served on {host}: {error.strerror}."
                f" Name an address of this machine with --host, such as 127.0.0.1.",
            ) from error
    return True


def choose_port(host: str, port: int | None) -> int:
    """The port asked for, or a sentence when it is taken; without one, the default or the next free one."""
    if port is not None:
        if is_free(host, port):
            return port
        raise Failure(
            f"端口 {port} 已被占用或不允许使用。请用 --port 指定另一端口，或停止占用它的程序。",
            f"Port {port} is taken or not permitted."
            f" Name another with --port, or stop the program that has it.",
        )
    for candidate in range(DEFAULT_PORT, DEFAULT_PORT + TRIES):
        if is_free(host, candidate):
            if candidate != DEFAULT_PORT:
                note(
                    f"端口 {DEFAULT_PORT} 已被占用，改用 {candidate}。",
                    f"Port {DEFAULT_PORT} is taken; using {candidate}.",
                )
            return candidate
    raise Failure(
        f"端口 {DEFAULT_PORT} 至 {DEFAULT_PORT + TRIES - 1} 均被占用。请用 --port 指定一个空闲端口。",
        f"Ports {DEFAULT_PORT} to {DEFAULT_PORT + TRIES - 1} are all taken. Name a free one with --port.",
    )


def address(host: str, port: int) -> str:
    """What to type into a browser."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
