"""`lectern run`: every service, the views and the web pages in this one process, on SQLite files."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from chassis.config import Settings
from chassis.embedded import Embedded

from chassis import log
from lectern import databases, home, ports
from lectern import settings as settings_of
from lectern.demo import DemoAccounts, load_example
from lectern.parts import service_classes
from lectern.words import Failure, note

WEB_THREADS = 12


def run(*, host: str, port: int | None, example: bool = True) -> None:
    """Serve until Ctrl-C or SIGTERM. The example region is loaded on the first start."""
    settings = settings_of_embedded()
    with home.held(settings.home), stopped_by_signals():
        port = ports.choose_port(host, port)
        address = ports.address(host, port)
        if "LECTERN_PUBLIC_URL" not in os.environ:
            os.environ["LECTERN_PUBLIC_URL"] = address
            settings = settings_of_embedded()
        databases.upgrade_all(settings_of.database_urls(settings))
        accounts = load_example(settings) if example else DemoAccounts()
        os.environ.update(accounts.environment())
        with running(settings) as embedded, home.announced(settings.home, address):
            serve(embedded, settings, host=host, port=port, ready=lambda: accounts.show(address))
    note("已停止，数据已保存。", "Stopped; the data are kept.")


def reset(settings: Settings) -> None:
    """Remove all data and load the example region anew, dated around today."""
    urls = settings_of.database_urls(settings)
    with home.held(settings.home), stopped_by_signals():
        databases.remove_files(urls)
        databases.upgrade_all(urls)
        load_example(settings)
    note("已重新开始。用 make run 启动。", "Started over. Start with make run.")


def settings_of_embedded() -> Settings:
    """The settings, refused when they name a broker: `lectern run` has its own."""
    settings = settings_of.load()
    if settings.amqp_uri:
        raise Failure(
            "设置了 AMQP_URI，而 lectern run 在单一进程内运行，不使用外部消息服务器。"
            "请改用 lectern run-server，或取消 AMQP_URI。",
            "AMQP_URI is set, but lectern run keeps everything in one process and uses no outside broker."
            " Use lectern run-server, or unset AMQP_URI.",
        )
    return settings


@contextmanager
def running(settings: Settings) -> Iterator[Embedded]:
    """All services, started; stopped in order at the end."""
    embedded = Embedded(service_classes(), settings)
    embedded.start()
    try:
        yield embedded
    finally:
        embedded.stop()


def serve(embedded: Embedded, settings: Settings, *, host: str, port: int, ready: Any = lambda: None) -> None:
    """Serve the pages on this thread until SystemExit or KeyboardInterrupt."""
    import waitress.server
    from gateway.app import create_app

    app = create_app(
        directory=embedded.stores["directory"],
        views=embedded.stores["views"],
        rpc=embedded.rpc,
        settings=settings,
    )
    server = waitress.server.create_server(
        app, host=host, port=port, threads=WEB_THREADS, ident="lectern", channel_timeout=60
    )
    try:
        log.get(__name__).info("serving", host=host, port=port)
        ready()
        server.run()
    finally:
        server.close()


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into an orderly end; a second one ends at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(1)
        asked = True
        raise _Asked

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _Asked:
        pass
    except Exception:
        # What was interrupted in the middle may say something else than why.
        if not asked:
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Asked(SystemExit):
    """Somebody asked this process to stop. waitress ends its loop in order on SystemExit."""

    def __init__(self) -> None:
        super().__init__(0)
