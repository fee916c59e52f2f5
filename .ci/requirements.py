"""Print the third-party requirements of every package of this tree: the input of `make constraints`."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    wanted: set[str] = set()
    for path in [
        ROOT / "pyproject.toml",
        *ROOT.glob("*/pyproject.toml"),
        *ROOT.glob("services/*/pyproject.toml"),
    ]:
        content = tomllib.loads(path.read_text())
        wanted.update(content["project"].get("dependencies", []))
        wanted.update(content["build-system"]["requires"])
        for group in content.get("dependency-groups", {}).values():
            wanted.update(group)
    print("\n".join(sorted((line for line in wanted if not line.startswith("lectern")), key=str.lower)))


if __name__ == "__main__":
    main()
