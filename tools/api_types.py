"""
Write the types of the UI from the server's own Swagger, so that the two cannot drift apart.

``python -m tools.api_types`` writes the file; with ``--check`` it only says whether the file is current.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from daytrader.api.headers import API_PREFIX
from daytrader.app import create_app
from daytrader.config import Settings

TARGET: Final = Path(__file__).parents[1] / "ui" / "src" / "lib" / "api" / "schema.ts"
_HEAD: Final = "// Made by `make api-types` from the server's Swagger. Not edited by hand.\n"
_PLAIN: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "file": "Blob"}
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_REF: Final = "#/definitions/"


def main() -> None:
    """Write or check the file."""
    wanted = source(specification())
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != wanted:
            sys.exit(f"{TARGET.relative_to(Path.cwd())} is not what the server describes: run `make api-types`")
        return
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(wanted, encoding="utf-8")


def specification() -> Mapping[str, Any]:
    """Return the Swagger of an application that has neither a database nor callers."""
    app = create_app(Settings(secret_key="kept nowhere, signs nothing: 0123456789", log_level="ERROR"))
    described: dict[str, Any] = app.test_client().get(f"{API_PREFIX}/swagger.json").get_json()
    return described


def source(specification: Mapping[str, Any]) -> str:
    """Return the TypeScript for *specification*."""
    definitions, paths = specification["definitions"], specification["paths"]
    parts = [_HEAD]
    parts += [_interface(name, model) for name, model in definitions.items()]
    parts.append("/** Every operation: what its address, query and body hold, and what it answers. */\n")
    parts.append("export interface Operations {\n")
    parts += [_operation(path, method, operation, paths[path]) for path, method, operation in _operations(paths)]
    parts.append("}\n")
    return "".join(parts)


def _operations(paths: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path in sorted(paths):
        for method in _METHODS:
            if method in paths[path]:
                yield path, method, paths[path][method]


def _interface(name: str, model: Mapping[str, Any]) -> str:
    required = set(model.get("required", ()))
    lines = []
    for field, schema in model.get("properties", {}).items():
        if schema.get("description"):
            lines.append(f"  /** {schema['description'].replace('*/', '')} */\n")
        lines.append(f"  {field}{'' if field in required else '?'}: {_type(schema)};\n")
    return f"export interface {_named(name)} {{\n{''.join(lines)}}}\n\n"


def _operation(path: str, method: str, operation: Mapping[str, Any], item: Mapping[str, Any]) -> str:
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    address = [p for p in parameters if p["in"] == "path"]
    named = {p["name"] for p in address} | set(re.findall(r"{(\w+)}", path))  # what the address says no query repeats
    query = [p for p in parameters if p["in"] == "query" and p["name"] not in named]
    body = next((p["schema"] for p in parameters if p["in"] == "body"), None)
    answers = [operation["responses"][code] for code in ("200", "201", "202") if code in operation["responses"]]
    result = _type(answers[0]["schema"]) if answers and "schema" in answers[0] else "void"
    return (
        f'  "{method.upper()} {path}": {{\n'
        f"    path: {_record(address, is_required=True)};\n"
        f"    query: {_record(query)};\n"
        f"    body: {'undefined' if body is None else _type(body)};\n"
        f"    result: {result};\n"
        f"  }};\n"
    )


def _record(parameters: list[Mapping[str, Any]], *, is_required: bool = False) -> str:
    if not parameters:
        return "Record<never, never>"
    mark = "" if is_required else "?"
    fields = [f"{p['name']}{'' if p.get('required') else mark}: {_type(p)}" for p in parameters]
    return "{ " + "; ".join(fields) + " }"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _named(schema["$ref"].removeprefix(_REF))
    if "allOf" in schema:  # beside a reference nothing else may stand
        found = _type(schema["allOf"][0])
    elif "enum" in schema:
        found = " | ".join(f'"{value}"' for value in schema["enum"])
    elif schema.get("type") == "array":
        inner = _type(schema["items"])
        found = f"({inner})[]" if "|" in inner else f"{inner}[]"
    elif schema.get("type") == "object":
        values = schema.get("additionalProperties")
        found = f"Record<string, {_type(values) if isinstance(values, Mapping) else 'unknown'}>"
    else:
        found = _PLAIN.get(schema.get("type", ""), "unknown")
    return f"{found} | null" if schema.get("x-nullable") else found


def _named(name: str) -> str:
    return "ApiErrorBody" if name == "Error" else name


if __name__ == "__main__":
    main()
