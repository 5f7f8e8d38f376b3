"""Writes the server's settings into the schema of the chart's values: ``make chart-schema``."""

import json
from pathlib import Path
from typing import Any

from translator.config import ServerConfig

__all__ = ["PATH", "config_schema"]

PATH = Path(__file__).parent / "helm" / "translator" / "values.schema.json"

# The chart sets these itself: ports, and files that it mounts. A pod has one worker and a replica
# instead of a second one, and writes to nothing but its log.
_OF_THE_CHART = {
    *("host", "port", "metrics_port", "admin_port", "admin_host", "allow_plaintext", "workers"),
    *("tls_cert", "tls_key", "tls_client_ca", "access", "glossaries", "store", "audit_log"),
}
_KEPT = (
    *("type", "enum", "items", "pattern", "description", "anyOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)


def config_schema() -> dict[str, Any]:
    """The schema of ``config``: each setting that the chart leaves to its user."""
    schema = ServerConfig.model_json_schema()
    if missing := _OF_THE_CHART - schema["properties"].keys():
        raise ValueError(f"these are no settings: {', '.join(sorted(missing))}")
    properties = {
        name: _plain(field)
        for name, field in schema["properties"].items()
        if name not in _OF_THE_CHART and "$ref" not in field
    }
    limits = schema["$defs"]["Limits"]["properties"]
    properties["limits"] = _object({name: _plain(field) for name, field in limits.items()})
    return _object(properties)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    """What a schema of a field says about its values."""
    plain = {name: value for name, value in field.items() if name in _KEPT}
    if "items" in plain:
        plain["items"] = _plain(plain["items"])
    if "anyOf" not in plain:
        return plain
    # A setting that may be unset is left out of the values; one choice in a choice is a choice.
    choices = [_plain(each) for each in plain["anyOf"] if each.get("type") != "null"]
    choices = [one for each in choices for one in each.get("anyOf", [each])]
    del plain["anyOf"]
    return plain | (choices[0] if len(choices) == 1 else {"anyOf": choices})


def main() -> None:
    """Write it."""
    schema = json.loads(PATH.read_text("utf-8"))
    schema["properties"]["config"] = config_schema()
    PATH.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
