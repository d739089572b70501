"""docs/http.md: every endpoint with its scope, its fields and an example that was answered, out of the OpenAPI."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from envserver import wire
from envserver.errors import codes
from envserver.http.scopes import is_open, needed
from envserver.service import Service

_HEAD = """# HTTP reference

Made by `make http-reference` from the server's OpenAPI (`/openapi.json`); do not edit. Bodies are JSON. A field that is
unknown is refused, a reply has no field for an answer but what one may `reveal`. `*` marks a field that is required.

`Authorization: Bearer TOKEN` where the server asks for tokens; the scope that an endpoint wants stands beside it.
"""
_ERRORS = """## Errors

`{"error": {"status": 404, "code": "bad_id", "message": "...", "part": "kind"}}`; in a batch the item that failed has
one of its own, and the others are answered. 429 and 503 may be tried again, after `Retry-After` seconds where it is
said; a request may always be sent again. Beside these: 401 `no_token`, 403 `wrong_scope`, 408 `slow`, 413 `too_large`,
421 `unknown_host`, 429 `busy`, 500 `internal`.
"""
_ID = "matrix_inverse@1/bound=40,kind=shear,n=2/train/7/bare"
_TURNS = "row_reduction@1/bound=9,columns=3,kind=left,operations=2,rows=2,turns=5/train/3/bare"

Schema = Mapping[str, Any]


def http_reference(app: FastAPI, service: Service) -> str:
    """Return the page."""
    api = app.openapi()
    schemas: Mapping[str, Schema] = api["components"]["schemas"]
    parts = [_HEAD]
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            parts.append("\n".join(_endpoint(method.upper(), path, operation)))
            if (method, path) in _EXAMPLES:
                parts.append(_answered(*_EXAMPLES[method, path](service)))
    parts.append("## Models\n")
    parts += ["\n".join(_model(name, schema)) for name, schema in sorted(schemas.items())]
    parts.append(f"{_ERRORS}\n| status | codes |\n|---|---|\n" + "\n".join(_codes()) + "\n")
    return "\n".join(parts)


def _endpoint(method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f"## {method} {path}\n"
    asked = path.replace("{", "").replace("}", "")
    scope = "nobody's" if is_open(asked) else f"`{needed(method, asked)}`" if needed(method, asked) else "any token's"
    yield f"{operation.get('description', '').strip()} Scope: {scope}.\n"
    if parameters := operation.get("parameters"):
        yield from _table((one["name"], one["schema"], one.get("required", False)) for one in parameters)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    reply = operation["responses"]["200"].get("content", {}).get("application/json", {}).get("schema")
    told = [f"{what} {_type(schema)}" for what, schema in (("takes", body), ("returns", reply)) if schema]
    yield f"It {' and '.join(told)}.\n" if told else "It returns text.\n"


def _model(name: str, schema: Schema) -> Iterator[str]:
    yield f"### {name}\n"
    about = str(schema.get("description", "")).strip()
    if about:
        yield f"{about}\n"
    required = set(schema.get("required", ()))
    if fields := schema.get("properties"):
        yield from _table((field, told, field in required) for field, told in fields.items())


def _table(fields: Any) -> Iterator[str]:
    yield "| field | type | |"
    yield "|---|---|---|"
    for name, schema, required in fields:
        about = str(schema.get("description", "")).replace("\n", " ").replace("|", "\\|")
        default = schema.get("default")
        if not required and default not in (None, [], {}, ""):
            about = f"{about}{'; ' if about else ''}default `{json.dumps(default)}`"
        yield f"| `{name}`{'*' * required} | {_type(schema)} | {about} |"
    yield ""


def _type(schema: Schema) -> str:
    """Return a type in words, with links to models."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if kinds := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(map(_type, kinds)))
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        return f"list of {_type(items)}" if items else "list"
    if schema.get("type") == "object":
        inside = schema.get("additionalProperties")
        return f"object of {_type(inside)}" if isinstance(inside, dict) and inside else "object"
    return f"{schema.get('type', 'anything')}{_bounds(schema)}"


def _bounds(schema: Schema) -> str:
    said = {
        "minimum": ">=",
        "exclusiveMinimum": ">",
        "maximum": "<=",
        "exclusiveMaximum": "<",
        "maxLength": "length <=",
    }
    bounds = [f"{sign} {schema[name]:,.15g}" for name, sign in said.items() if name in schema]
    return f" ({', '.join(bounds)})" if bounds else ""


def _codes() -> Iterator[str]:
    for status, names in sorted(codes().items()):
        yield f"| {status} | {', '.join(f'`{name}`' for name in names)} |"


def _sampled(service: Service) -> tuple[BaseModel, BaseModel]:
    asked = wire.SampleRequest(curriculum="inverse", stage="shear", slots=[0], style="bare")
    return asked, service.sample(asked, may_reveal=False)


def _scored(service: Service) -> tuple[BaseModel, BaseModel]:
    item = wire.ScoreItem(id=_ID, completion="1,0;0,1", stage="shear")
    asked = wire.ScoreRequest(curriculum="inverse", items=[item])
    verdicts = [one.model_copy(update={"verify_ms": 0.07}) for one in service.score(asked).verdicts]
    return asked, wire.ScoreReply(stored=False, verdicts=verdicts)


def _played(service: Service) -> tuple[BaseModel, BaseModel]:
    asked = wire.PlayRequest(items=[wire.PlayItem(id=_TURNS, actions=["add 2 1 12"])])
    return asked, service.play(asked)


def _advanced(service: Service) -> tuple[BaseModel, BaseModel]:
    report = wire.TrainingReport(n=64, successes=16, mean_reward=0.3, groups=8)
    asked = wire.AdvanceRequest(curriculum="inverse", training={"scalar": report})
    return asked, service.advance(asked)


_EXAMPLES: Mapping[tuple[str, str], Callable[[Service], tuple[BaseModel, BaseModel]]] = {
    ("post", "/sample"): _sampled,
    ("post", "/score"): _scored,
    ("post", "/play"): _played,
    ("post", "/advance"): _advanced,
}


def _answered(asked: BaseModel, reply: BaseModel) -> str:
    told = asked.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    found = reply.model_dump(mode="json", exclude_none=True)
    return f"```json\n{json.dumps(told)}\n```\n\nis answered by\n\n```json\n{json.dumps(found, indent=1)}\n```\n"
