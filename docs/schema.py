"""`make schema`: JSON Schemas of the content files into content/schema, for editors' tools (draft 7: all know it)."""

import ast
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bot.content import schema

FILES: dict[str, type[BaseModel]] = {
    "article.json": schema.ArticleFile,
    "article-translation.json": schema.ArticleTranslationFile,
    "theme.json": schema.ThemeFile,
    "translation.json": schema.TranslationFile,
}
FOLDER = Path(__file__).parents[1] / "content" / "schema"


def described() -> dict[str, dict[str, str]]:
    """The docstring below each key, by class."""
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(schema)).body:
        if isinstance(node, ast.ClassDef):
            for key, text in zip(node.body, node.body[1:], strict=False):
                if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr):
                    name, words = ast.unparse(key.target), ast.literal_eval(text.value)
                    found.setdefault(node.name, {})[name] = words
    return found


def with_descriptions(name: str, part: dict[str, Any]) -> dict[str, Any]:
    """A class's part of a schema with what its keys mean, in place of their names again."""
    ancestors = [each.__name__ for each in getattr(schema, name).__mro__]
    for key, value in part["properties"].items():
        value.pop("title", None)
        value["description"] = next(
            texts[key] for each in ancestors if key in (texts := described().get(each, {}))
        )
    return part


def json_schema(model: type[BaseModel]) -> str:
    """A model's schema as the text of a file."""
    built = model.model_json_schema(ref_template="#/definitions/{model}")
    parts = {name: with_descriptions(name, part) for name, part in built.pop("$defs").items()}
    head = {"$schema": "http://json-schema.org/draft-07/schema#"}
    whole = head | with_descriptions(model.__name__, built) | {"definitions": parts}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(exist_ok=True)
    for file, model in FILES.items():
        (folder / file).write_text(json_schema(model), encoding="utf-8")
