"""The laws of the tree that import-linter cannot say: found by reading the files, new ones too."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SERVICES = ("scheduling", "enrollment", "feedback", "notifications")
PACKAGES = {
    "contracts": ROOT / "contracts",
    "chassis": ROOT / "chassis",
    "gateway": ROOT / "gateway",
    **{name: ROOT / "services" / name for name in SERVICES},
}
OURS = {*PACKAGES, "lectern"}


@dataclass(frozen=True)
class Module:
    """A Python file and the full names of what it imports."""

    name: str
    path: Path
    imports: frozenset[str]

    def parts(self) -> list[str]:
        return self.name.split(".")


@cache
def modules_of(package: str) -> tuple[Module, ...]:
    folder = PACKAGES.get(package, ROOT) / package
    return tuple(read_module(path, folder.parent) for path in sorted(folder.rglob("*.py")))


def read_module(path: Path, root: Path) -> Module:
    parts = list(path.relative_to(root).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = parts[: len(parts) - node.level]
                base = ".".join([*here, *([base] if base else [])])
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return Module(name, path, frozenset(found))


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def all_modules() -> Iterator[Module]:
    for package in OURS:
        yield from modules_of(package)


@pytest.mark.parametrize("service", [*SERVICES, "gateway"])
def test_rules_import_the_standard_library_only(service: str) -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in modules_of(service)
        if "rules" in module.parts()
        for name in module.imports
        if name.split(".")[0] not in sys.stdlib_module_names
        and ".rules" not in f".{name}"
        # A refusal is named beside the rule that it protects; this module itself is plain Python.
        and not inside(name, "contracts.errors")
    ]
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_keeps_its_decisions_in_rules(service: str) -> None:
    names = {part for module in modules_of(service) for part in module.parts()}
    assert {"rules", "tables", "service", "migrations"} - names == set()


def test_rules_read_no_clock_and_draw_no_lots() -> None:
    forbidden = re.compile(
        r"\b(datetime\.now|date\.today|time\.time|time\.monotonic|random\.|secrets\.|open)\("
    )
    wrong = [
        f"{module.name}: {match.group()}"
        for module in all_modules()
        if "rules" in module.parts()
        for match in forbidden.finditer(module.path.read_text())
    ]
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_use_cases_do_not_read_the_clock_themselves(service: str) -> None:
    forbidden = re.compile(r"\b(datetime\.(now|utcnow)|date\.today|time\.time)\(")
    wrong = [
        module.name for module in modules_of(service) if forbidden.search(module.path.read_text()) is not None
    ]
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_in_a_service_imports_its_entrypoints(service: str) -> None:
    wrong = [
        module.name
        for module in modules_of(service)
        if module.name != f"{service}.service"
        and any(inside(name, f"{service}.service") for name in module.imports)
    ]
    assert wrong == []


@pytest.mark.parametrize("service", SERVICES)
def test_tables_import_no_use_case(service: str) -> None:
    tables = {m.name for m in modules_of(service) if {"tables", "base"} & set(m.parts())}
    wrong = [
        f"{module.name} imports {other.name}"
        for module in modules_of(service)
        if module.name in tables
        for other in modules_of(service)
        if other.name in module.imports
        and other.name not in tables
        and "rules" not in other.parts()
        # `from scheduling import base` names the package itself as well.
        and other.name not in {".".join(module.parts()[:n]) for n in range(len(module.parts()))}
    ]
    assert wrong == []


def test_the_errors_of_the_contracts_are_plain_python() -> None:
    errors = next(module for module in modules_of("contracts") if module.name == "contracts.errors")
    assert [name for name in errors.imports if name.split(".")[0] not in sys.stdlib_module_names] == []


def test_the_core_of_the_chassis_imports_neither_nameko_nor_eventlet() -> None:
    shells = [module for module in modules_of("chassis") if "nameko" in module.name]
    core = [module for module in modules_of("chassis") if module not in shells]
    wrong = [
        f"{module.name} imports {name}"
        for module in core
        for name in module.imports
        if name.split(".")[0] in ("nameko", "eventlet") or any(inside(name, shell.name) for shell in shells)
    ]
    assert wrong == []


def test_the_chassis_takes_only_envelope_registry_and_errors_from_the_contracts() -> None:
    allowed = ("contracts.envelope", "contracts.registry", "contracts.errors")
    wrong = [
        f"{module.name} imports {name}"
        for module in modules_of("chassis")
        for name in module.imports
        if inside(name, "contracts")
        and name != "contracts"
        and not any(inside(name, good) for good in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_a_package_declares_every_library_it_imports(package: str) -> None:
    declared = declared_by(package)
    distributions = packages_distributions()
    wrong = set()
    for module in modules_of(package):
        for name in module.imports:
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or top == package:
                continue
            owners = {f"lectern-{top}"} if top in OURS else {normal(o) for o in distributions.get(top, [])}
            if not owners & declared:
                wrong.add(f"{module.name} imports {top}")
    assert sorted(wrong) == []


def declared_by(package: str) -> set[str]:
    """The distributions that a package asks for, with those of our packages that it builds on."""
    project = tomllib.loads((PACKAGES[package] / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"]]
    for extra in project.get("optional-dependencies", {}).values():
        lines += extra
    names = {normal(re.split(r"[\[<>=!~; ]", line)[0]) for line in lines}
    for other in PACKAGES:
        if f"lectern-{other}" in names:
            names |= declared_by(other)
    return names


def test_no_test_is_skipped() -> None:
    forbidden = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b")
    wrong = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if path != Path(__file__) and forbidden.search(path.read_text())
    ]
    assert wrong == []


def test_the_constraints_are_pinned_with_hashes_and_name_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert re.search(r"https?:|--index-url|--find-links|--trusted-host|file:", text) is None
    pins = [line for line in text.splitlines() if line and line[0] not in " #"]
    assert [line for line in pins if "==" not in line or not line.endswith("\\")] == []
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) >= len(pins)


def test_every_requirement_of_the_tree_is_in_the_constraints() -> None:
    pinned = {
        normal(line.split("==")[0])
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    wanted = set()
    for path in [ROOT / "pyproject.toml", *(folder / "pyproject.toml" for folder in PACKAGES.values())]:
        content = tomllib.loads(path.read_text())
        lines = [*content["project"]["dependencies"], *content["build-system"]["requires"]]
        lines += [line for group in content.get("dependency-groups", {}).values() for line in group]
        wanted |= {normal(re.split(r"[\[<>=!~; ]", line)[0]) for line in lines}
    assert sorted(name for name in wanted - pinned if not name.startswith("lectern-")) == []


def normal(name: str) -> str:
    """A distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
