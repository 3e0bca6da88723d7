"""What helps editors while they write: the JSON Schemas, and the page that teaches the format."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from bot.content.loader import load_library
from bot.content.schema import ArticleFile, ArticleTranslationFile, ThemeFile, TranslationFile
from bot.documents import parse, validate

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "content" / "schema"
PAGE = (ROOT / "content" / "README.md").read_text(encoding="utf-8")
MODELS: dict[str, type[BaseModel]] = {
    "theme": ThemeFile,
    "article": ArticleFile,
    "article-translation": ArticleTranslationFile,
    "translation": TranslationFile,
}
EXAMPLES = re.findall(r"```yaml\n(# yaml-language-server: \$schema=(\S+)\n.*?)```", PAGE, re.DOTALL)


def test_the_schemas_are_those_of_the_models(tmp_path: Path) -> None:
    """What `make schema` would write is what lies in the folder."""
    script = ROOT / "docs" / "schema.py"
    subprocess.run([sys.executable, script, tmp_path], env={"PYTHONPATH": str(ROOT)}, check=True)
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}


@pytest.mark.parametrize("name", MODELS)
def test_every_key_is_explained(name: str) -> None:
    """An editor's tool shows what it means; no other key is allowed."""
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    for part in (schema, *schema["definitions"].values()):
        assert part["additionalProperties"] is False
        assert [key for key, value in part["properties"].items() if not value["description"]] == []


def holds(schema: dict[str, Any], value: object, root: dict[str, Any]) -> bool:  # noqa: PLR0911  a case each
    """Whether a value is as a schema says, as far as these schemas say anything."""
    if "$ref" in schema:
        return holds(root["definitions"][schema["$ref"].rpartition("/")[2]], value, root)
    if "anyOf" in schema:
        return any(holds(each, value, root) for each in schema["anyOf"])
    match schema["type"]:
        case "object":
            assert isinstance(value, dict)
            known = schema["properties"]
            return (
                value.keys() >= set(schema.get("required", ()))
                and value.keys() <= known.keys()
                and all(holds(known[key], each, root) for key, each in value.items())
            )
        case "array":
            assert isinstance(value, list)
            return len(value) >= schema.get("minItems", 0) and all(
                holds(schema["items"], each, root) for each in value
            )
        case "integer":
            return isinstance(value, int)
        case "null":
            return value is None
    assert isinstance(value, str)
    fits = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
    return fits and bool(re.search(schema.get("pattern", ""), value)) and value in schema.get("enum", [value])


def test_the_projects_own_files_fit_the_schemas_that_they_name() -> None:
    """Each begins with the line for VS Code, and is as that schema says."""
    for path in (ROOT / "content").rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
        assert found, path
        schema = json.loads((path.parent / found[1]).read_text(encoding="utf-8"))
        data = yaml.load(re.sub(r"(publish(?:ed)?: )(\S+)", r'\1"\2"', text), yaml.SafeLoader)
        assert holds(schema, data, schema), path


@pytest.mark.parametrize(("text", "schema"), EXAMPLES)
def test_the_examples_of_the_page_are_good(text: str, schema: str) -> None:
    """Theme, article and the translations of both are what the loader takes."""
    document = parse(text.encode(), "content/README.md")
    assert isinstance(validate(document, MODELS[Path(schema).stem]), BaseModel)
    assert len(EXAMPLES) == 4


def test_a_schemas_folder_and_a_page_are_no_article(tmp_path: Path) -> None:
    """They lie in the content folder, and nothing is said about them."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    assert (tmp_path / "content" / "schema" / "theme.json").exists()
    loaded = load_library(tmp_path / "content")
    assert (len(loaded.folders), loaded.findings) == (1, ())


def test_every_key_stands_on_the_page() -> None:
    """An editor learns of each from one page; a false alarm is a matter of the page of checks."""
    keys = {
        key for schema in FOLDER.iterdir() for key in _keys(json.loads(schema.read_text(encoding="utf-8")))
    }
    assert {key for key in keys - {"acknowledged", "code", "reason"} if f"{key}:" not in PAGE} == set()


def _keys(schema: dict[str, Any]) -> set[str]:
    return {key for part in (schema, *schema["definitions"].values()) for key in part["properties"]}
