"""The example region in a real browser: every service in this process, the pages on a port of their own.

Pictures are taken on the way. They go to a temporary folder, or to the one named by LECTERN_PICTURES (the
README's are made with `LECTERN_PICTURES=docs/images pytest tests/browser`).
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import waitress.server
from chassis.embedded import Embedded
from gateway.app import create_app
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from chassis import clock as clocks
from chassis import config
from lectern import example
from lectern.parts import DATABASES, service_classes

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
TARGETS = (
    ".btn, .bar a, .tabs a, .menu-item, .top-button, .form-control, .form-select, summary, .tile, .choice"
)
SMALL = f"""() => [...document.querySelectorAll({TARGETS!r})]
  .filter(e => e.offsetParent !== null && e.getBoundingClientRect().height < 43.5)
  .map(e => e.outerHTML.slice(0, 120))"""
ISSUES = """async () => {
  const found = await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]});
  return found.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 160)).join(" | "));
}"""


@dataclass
class Site:
    """The running example."""

    url: str
    embedded: Embedded
    clock_file: Path

    def now(self) -> datetime:
        return clocks.system().now()

    def move_to(self, at: datetime) -> None:
        """Let it be that moment everywhere; time only goes forward."""
        offset = float(self.clock_file.read_text()) if self.clock_file.exists() else 0.0
        offset += (at - self.now()).total_seconds()
        draft = self.clock_file.with_suffix(".half")
        draft.write_text(str(offset))
        draft.replace(self.clock_file)
        threading.Event().wait(0.06)  # the file is read again after at most 50 ms


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The example region, loaded and served."""
    clock_file = Path(os.environ["LECTERN_CLOCK_FILE"])
    clock_file.unlink(missing_ok=True)
    folder = tempfile.mkdtemp(prefix="lectern-browser-")
    settings = config.load(home=folder)
    embedded = Embedded(service_classes(), settings, packages=DATABASES)
    accounts = example.load(settings)
    server: Any = None
    with embedded:
        app = create_app(
            directory=embedded.stores["directory"],
            views=embedded.stores["views"],
            rpc=embedded.rpc,
            settings=settings,
        )
        app.config["DEMO_ACCOUNTS"] = [vars(account) for account in accounts]
        server = waitress.server.create_server(app, host="127.0.0.1", port=0, threads=8)
        serving = threading.Thread(target=server.run, daemon=True)
        serving.start()
        yield Site(f"http://127.0.0.1:{server.effective_port}", embedded, clock_file)
        server.close()
        serving.join(timeout=10)
    clock_file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def chromium(chromium_options: dict[str, Any]) -> Iterator[Browser]:
    """One browser for the whole file."""
    flags = [
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    options = {**chromium_options, "args": [*chromium_options["args"], *flags]}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**options, env={**os.environ, "LANGUAGE": "zh_CN"})
        yield browser
        browser.close()


@dataclass
class Reader:
    """Somebody with a browser window; every page it opens is looked over."""

    page: Page
    site: Site
    context: BrowserContext
    noise: list[str] = field(default_factory=list)

    def open(self, path: str, *, status: int = 200) -> None:
        answer = self.page.goto(path if path.startswith("http") else self.site.url + path)
        assert answer is not None
        assert answer.status == status, (path, answer.status, self.page.inner_text("main"))
        self.look_over()

    def look_over(self) -> None:
        """Nothing runs out of the window, targets are large, axe finds nothing, the console is quiet."""
        width = self.page.viewport_size["width"]
        inside = self.page.evaluate("document.documentElement.scrollWidth")
        assert inside <= width, (self.page.url, inside)
        assert self.page.evaluate(SMALL) == [], self.page.url
        self.page.evaluate(AXE)
        assert self.page.evaluate(ISSUES) == [], self.page.url
        assert self.noise == [], self.page.url

    def picture(self, name: str, *, whole: bool = False) -> None:
        folder = Path(os.environ.get("LECTERN_PICTURES") or tempfile.gettempdir()) / ""
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}.png", full_page=whole)

    def link(self, pattern: str) -> str:
        """Where the first link of the page leads whose address begins so."""
        found = self.page.get_attribute(f'main a[href^="{pattern}"]', "href")
        assert found
        return found

    def sees(self, path: str, words: str) -> None:
        """Open the page until it says the words."""
        deadline = self.site.now() + timedelta(seconds=20)
        while words not in self.page.inner_text("body") or not self.page.url.endswith(path):
            assert self.site.now() < deadline, f"{path} does not say {words}"
            self.page.goto(self.site.url + path)
        self.look_over()


@pytest.fixture
def reader(site: Site, chromium: Browser) -> Iterator[Callable[..., Reader]]:
    """`reader("ld-staff", DESK)` is signed in through the demonstration account of the login page."""
    contexts: list[BrowserContext] = []

    def somebody(login: str | None = None, size: dict[str, int] | None = None, **more: Any) -> Reader:
        context = chromium.new_context(viewport=size or PHONE, locale="zh-CN", **more)  # type: ignore[arg-type]
        context.set_default_timeout(30_000)
        contexts.append(context)
        found = Reader(context.new_page(), site, context)
        found.page.on("console", lambda message: _note(found, message))
        found.page.on("pageerror", lambda error: found.noise.append(str(error)))
        if login:
            found.page.goto(f"{site.url}/login")
            found.page.click(f'form:has(input[name="login"][value="{login}"]) button')
            found.page.wait_for_url(f"{site.url}/")
        return found

    yield somebody
    for context in contexts:
        context.close()


def _note(reader: Reader, message: Any) -> None:
    """Errors of the console; that a form was refused with a 4xx is none."""
    if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
        reader.noise.append(message.text)
