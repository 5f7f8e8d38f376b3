"""Reads and writes model cards: ``README.md`` files whose YAML head names the licence."""

from pathlib import Path
from typing import Any

import yaml

from translator.models.untrusted import read_yaml

__all__ = ["license_of", "write_card"]

_MAX_BYTES = 1 << 24


def license_of(folder: Path) -> str:
    """The licence in the model's card; empty if there is none."""
    try:
        path = folder / "README.md"
        # A pipe would never end.
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return ""
        _, head, _ = path.read_text(encoding="utf-8").split("---\n", 2)
        values = read_yaml(head)
    except (OSError, ValueError):
        return ""
    return str(values.get("license") or "") if isinstance(values, dict) else ""


def write_card(folder: Path, head: dict[str, Any], text: str) -> None:
    """Write a card. Empty values are left out of its head."""
    values = {key: value for key, value in head.items() if value}
    front = yaml.safe_dump(values, sort_keys=False)
    (folder / "README.md").write_text(f"---\n{front}---\n\n{text}", encoding="utf-8")
