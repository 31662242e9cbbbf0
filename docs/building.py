"""What `mkdocs build` adds to the pages in this folder: generated pages, formulas as MathML, docstrings as Markdown.

mkdocs loads this file as a hook, griffe as an extension.
"""

from __future__ import annotations

import ast
import html
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe
import nbformat
from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

from wiatowski.serialization import write_whole

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "experiments" / "notebooks"
BARS = "\\||&#x0007C;|&#x02016;|&#x02223;|&#x02225;|[∥‖∣]"  # of norms: no operators, no space around them
LOG = logging.getLogger("mkdocs.hooks.building")

#: Pages of the reference: title, and where the names stand that it lists.
MODULES = {
    "wiatowski": "wiatowski/__init__.py",
    "wiatowski.frames": "wiatowski/frames/__init__.py",
    "wiatowski.certificates": "wiatowski/certificates/__init__.py",
    "wiatowski.bounds": "wiatowski/bounds/__init__.py",
    "wiatowski.actions": "wiatowski/actions.py",
    "wiatowski.signals": "wiatowski/signals.py",
    "wiatowski.scattering": "wiatowski/scattering/__init__.py",
    "wiatowski.networks": "wiatowski/networks/__init__.py",
    "wiatowski.explain": "wiatowski/explain/__init__.py",
    "wiatowski.explain.measures": "wiatowski/explain/measures.py",
    "wiatowski.learn": "wiatowski/learn/__init__.py",
    "wiatowski.learn.augmentation": "wiatowski/learn/augmentation.py",
    "wiatowski.streaming": "wiatowski/streaming/__init__.py",
    "wiatowski.data": "wiatowski/data/__init__.py",
    "wiatowski.plot": "wiatowski/plot/__init__.py",
    "wiatowski.presets": "wiatowski/presets.py",
    "wiatowski.testing": "wiatowski/testing.py",
    "proofs_numeric.engine.claim": "proofs_numeric/engine/claim.py",
    "proofs_numeric.engine.setting": "proofs_numeric/engine/setting.py",
}
#: Files of the repository that are pages here.
PAGES = {
    "README.md": "index.md",
    "paper_notes.md": "notes.md",
    "CONTRIBUTING.md": "contributing.md",
}


def on_config(config):
    """List the notebooks and the pages of the reference."""
    for entry in config.nav:
        if "Notebooks" in entry:
            entry["Notebooks"] = ["notebooks/index.md"] + [
                f"notebooks/{path.stem}.md" for path in notebooks()
            ]
        if "API" in entry:
            entry["API"] = ["api/index.md"] + [f"api/{module}.md" for module in MODULES]
    return config


def notebooks() -> list[Path]:
    """In the order in which they are read."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def on_files(files: Files, config) -> Files:
    """Add the generated pages."""
    for path, content in generated():
        files.append(File.generated(config, path, content=content))
    return files


def generated() -> Iterator[tuple[str, str | bytes]]:
    """Paths and contents."""
    for source, target in PAGES.items():
        yield target, linked((ROOT / source).read_text(encoding="utf-8"))
    pictures: list[tuple[str, str, str]] = []
    listed = []
    for path in notebooks():
        text, images = notebook_page(path)
        yield f"notebooks/{path.stem}.md", text
        yield f"notebooks/{path.name}", path.read_bytes()
        for name, content in images.items():
            yield f"notebooks/{name}", content
        title = title_of(text)
        listed.append(f"- [{title}]({path.stem}.md)")
        if images:
            pictures.append((title, f"notebooks/{list(images)[-1]}", f"notebooks/{path.stem}.md"))
    yield (
        "notebooks/index.md",
        "# Notebooks\n\nPages to read in this order, or to run.\n\n" + "\n".join(listed) + "\n",
    )
    yield "gallery.md", gallery(pictures)
    yield "atlas.md", atlas()
    yield "api/index.md", "# Reference\n\n" + "\n".join(f"- [{m}]({m}.md)" for m in MODULES) + "\n"
    for module in MODULES:
        yield f"api/{module}.md", reference(module)


def linked(text: str) -> str:
    """Markdown of the repository with its links to files as links to pages, or as code where there is none."""

    def replaced(match: re.Match) -> str:
        words, target = match.groups()
        if re.match(r"(https?:|#)", target):
            return match.group()
        path, _, anchor = target.partition("#")
        page = PAGES.get(path) or page_of(path.rstrip("/"))
        if page is None:
            return words if words.startswith("`") else f"`{words}`" if words == path else words
        return f"[{words}]({page}{'#' + anchor if anchor else ''})"

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", replaced, text)


def page_of(path: str) -> str | None:
    """The page of a file of the repository."""
    if path == "experiments/notebooks":
        return "notebooks/index.md"
    if path.startswith("experiments/notebooks/"):
        return f"notebooks/{Path(path).stem}.md"
    return path.removeprefix("docs/") if path.startswith("docs/") else None


def title_of(text: str) -> str:
    """The first heading."""
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))


def notebook_page(path: Path) -> tuple[str, dict[str, bytes]]:
    """A notebook as Markdown, with what it is stored with, and its pictures by name."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [
        cell for cell in notebook.cells if cell.source.strip() != "%matplotlib inline"
    ]
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("text/html", None)
            if "image/png" in output.get("data", {}):
                output["data"].pop("text/plain", None)
    text, resources = MarkdownExporter().from_notebook_node(
        notebook, {"unique_key": path.stem, "output_files_dir": "."}
    )
    text = re.sub(r"!\[png\]\(\./?([^)]+)\)", r"![](\1)", text)
    title, _, rest = text.lstrip().partition("\n")
    return f"{title}\n\n[Download this notebook]({path.name})\n{rest}", {
        Path(name).name: content for name, content in resources["outputs"].items()
    }


def gallery(pictures: list[tuple[str, str, str]]) -> str:
    """The last picture of every notebook, and those of the results."""
    lines = ["# Gallery", ""]
    for title, picture, page in pictures:
        lines += [f"## {title}", "", f"[![{title}]({picture})]({page})", ""]
    for path in sorted((ROOT / "docs").glob("*.png")):
        title = path.stem.replace("_", " ").capitalize()
        lines += [f"## {title}", "", f"![{title}]({path.name})", ""]
    return "\n".join(lines)


def atlas() -> str:
    """Every claim: statement, source, and what a run found."""
    from proofs_numeric.atlas.subjects import by_subject
    from proofs_numeric.engine.run import all_claims

    stored = ROOT / "docs" / "claims.json"
    found = {row["name"]: row for row in json.loads(stored.read_text())} if stored.exists() else {}
    known = {claim.name: claim for claim in all_claims()}
    claims: Any = [{"name": name} for name in known]
    lines = [
        "# Atlas of claims",
        "",
        "Every statement in the form that holds on a grid, what an adversarial search reached of its right side "
        "(tightness: the largest measured side divided by the predicted one), and the controls, each of which breaks "
        "one hypothesis or constant and fails, as it must. Proofs are in the [notes](notes.md). "
        "`python -m proofs_numeric --atlas` computes claims x frames x nonlinearities x poolings.",
        "",
    ]
    for title, own in by_subject(claims):
        lines += [f"## {title}", ""]
        for name in (claim["name"] for claim in own):
            claim, row = known[name], found.get(name, {})
            lines += [
                f"### {claim.title}",
                "",
                claim.statement,
                "",
                f"{claim.source}. Claim `{name}`.",
            ]
            if row:
                verdict = f"**{row['verdict']}**, tightness {row['tightness']:.3g} over {row['cases']} cases"
                lines[-1] += f" {verdict}. Controls: {'; '.join(row['controls'])}."
            lines.append("")
    return "\n".join(lines)


def reference(module: str) -> str:
    """A page of the API."""
    lines = [f"# {module}", "", first_paragraph(module), ""]
    for name in public_names(module):
        lines += [f"::: {name}", ""]
    return "\n".join(lines)


def first_paragraph(module: str) -> str:
    """Of the module's docstring."""
    text = ast.get_docstring(ast.parse((ROOT / MODULES[module]).read_text(encoding="utf-8"))) or ""
    return text.partition("\n\n")[0]


def public_names(module: str) -> list[str]:
    """Where the names are defined that a package hands on, or that a module has in its `__all__`; without modules."""
    path = ROOT / MODULES[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name != "__init__.py":
        for node in tree.body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                return [f"{module}.{name}" for name in ast.literal_eval(node.value)]
        raise ValueError(f"{path} has no __all__.")
    handed_on = [
        f"{node.module}.{alias.name}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    ]
    return [name for name in handed_on if not is_module(name)]


def is_module(name: str) -> bool:
    """Whether a dotted name is a module or package of the repository."""
    path = ROOT / Path(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def on_page_content(content: str, page, **_unused) -> str:
    """Formulas as MathML."""
    return with_mathml(content, page.file.src_uri)


def with_mathml(content: str, where: str) -> str:
    """HTML with the formulas of arithmatex as MathML; one that cannot be converted is warned of."""

    def replaced(match: re.Match) -> str:
        formula = html.unescape(match.group(2))
        inline = formula.startswith("\\(")
        try:
            mathml = convert(formula[2:-2].strip(), display="inline" if inline else "block")
            if "\\" in mathml:
                raise ValueError("an unknown command")
        except Exception as error:  # the converter raises what it comes across
            LOG.warning("%s: the formula %s cannot be converted (%r)", where, formula, error)
            return match.group()
        return re.sub(
            f"<mo[^>]*>({BARS})</mo>", r'<mo lspace="0.08em" rspace="0.08em">\1</mo>', mathml
        )

    return re.sub(r'<(span|div) class="arithmatex">(.*?)</\1>', replaced, content, flags=re.S)


class Docstrings(griffe.Extension):
    """Docstrings as Markdown: doctests as blocks of code, the source by itself."""

    def on_object(self, *, obj: griffe.Object, **_unused) -> None:
        """Before docstrings are parsed."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """A docstring with its doctests fenced and its source marked."""
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        begins = line.startswith(">>> ")
        if begins and not inside:
            lines += ["", "```pycon"]
            inside = True
        elif inside and not line.strip():
            lines.append("```")
            inside = False
        lines.append(
            line.replace("Source: ", "**Source:** ", 1) if line.startswith("Source: ") else line
        )
    markdown = "\n".join([*lines, "```"] if inside else lines)
    return re.sub(r"\[(\w+),\]", r"\\[\1,\\]", markdown)  # optional axes of shapes are no links


def shortened(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What the atlas shows of a document of `python -m proofs_numeric --json`."""
    return [
        {key: row[key] for key in ("name", "verdict", "tightness", "cases")}
        | {
            "controls": [
                f"{control['name']} ({control['description']})" for control in row["controls"]
            ]
        }
        for row in document["claims"]
    ]


if (
    __name__ == "__main__"
):  # python docs/building.py claims.json, after a run with --json claims.json
    rows = shortened(json.loads(Path(sys.argv[1]).read_text()))
    write_whole(ROOT / "docs" / "claims.json", (json.dumps(rows, indent=1) + "\n").encode())
