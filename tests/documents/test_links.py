"""The documents lead somewhere: files exist, headings exist, and what a link names is in its file."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
IMAGE = re.compile(r"!\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def documents() -> list[Path]:
    """Every page of the tree that somebody wrote here."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if "/vendor/" not in name and (ROOT / name).exists()]


def headings(page: Path) -> set[str]:
    """The anchors of a page, as forges make them from headings."""
    found = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def defined(path: Path) -> set[str]:
    """The names of functions, classes and constants in a file; for a package, of its `__init__`."""
    source = path / "__init__.py" if path.is_dir() else path
    pairs = re.findall(r"^\s*(?:def|class) (\w+)|^(\w+)(?:: .*)? = ", source.read_text(), re.MULTILINE)
    return {name for pair in pairs for name in pair if name}


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for match in [*LINK.finditer(text), *IMAGE.finditer(text)]:
        target, _, anchor = match["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{match['target']} leads nowhere"
        assert path.is_relative_to(ROOT), f"{match['target']} leads out of the tree"
        if anchor and path.suffix == ".md":
            assert anchor in headings(path), f"{match['target']} names no heading"


@pytest.mark.parametrize("page", documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_code_name_what_is_there(page: Path) -> None:
    """`[`offers.ask_next`](…/offers.py)`: the last part is defined in the file, or the file is named."""
    for match in LINK.finditer(page.read_text()):
        name = re.fullmatch(r"`([A-Za-z_][\w.]*)`", match["text"])
        path = (page.parent / match["target"]).resolve()
        if name is None or not (path.suffix == ".py" or (path / "__init__.py").exists()):
            continue
        last = name[1].rpartition(".")[2]
        module = path.parent.name if path.stem == "__init__" else path.stem
        assert last == module or last in defined(path), f"{name[1]} is not in {match['target']}"


def test_the_check_sees_a_name_that_is_gone() -> None:
    assert "place_order" in defined(ROOT / "services/scheduling/scheduling/orders/orders.py")
    assert "PLACE_ORDER" in defined(ROOT / "contracts/contracts/scheduling/rpc.py")
    assert "no_such_function" not in defined(ROOT / "services/scheduling/scheduling/orders/orders.py")
