"""What `mkdocs build` adds to the pages in this folder: generated pages, formulas as MathML, docstrings as Markdown.

mkdocs loads this file as a hook, griffe as an extension.
"""

from __future__ import annotations

import ast
import functools
import html
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import griffe
import nbformat
from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter
from nbconvert.filters import strip_ansi

from wiatowski.serialization import write_whole

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "experiments" / "notebooks"
#: What the converter reads wrongly or not at all, in its own words.
REWRITTEN = {
    r"\\lbrace(?![A-Za-z])": r"\\{",
    r"\\rbrace(?![A-Za-z])": r"\\}",
    r"\\math(bb|bf|cal) (\w)": r"\\math\1{\2}",
    r"\\binom ?(\{[^{}]*\}|\w) ?(\{[^{}]*\}|\w)": r"{\\binom{\1}{\2}}",
    r"\\tag\{(\w+)\}": r"\\qquad\\text{(\1)}",
}
#: What it leaves as it is.
LEFT = {r"\arg": "arg", r"\{": "{", r"\}": "}", r"\|": "‖", r"\langle": "⟨", r"\rangle": "⟩"}
LEFT |= {r"\lvert": "|", r"\rvert": "|", r"\lVert": "‖", r"\rVert": "‖"}
#: Spaces and sizes as LaTeX has them, without a font made for formulas.
REFINED = {
    r"<mo[^>]*fence[^>]*minsize[^>]*>": '<mo stretchy="false">',  # these do not stretch evenly
    r'<mo(?![^>]*stretchy="true")[^>]*>(\||&#x0007C;|&#x02016;|&#x02223;|&#x02225;|[∥‖∣])</mo>': (
        r'<mo stretchy="false" lspace="0.08em" rspace="0.08em">\1</mo>'  # norms: no operators
    ),
    r"<m[io]>(\w\w+)</m[io]>": r'<mo lspace="0.1em" rspace="0.17em">\1</mo>',
    r"<mi>(&#x003(?:9.|A[0-9]);)</mi>": r'<mi mathvariant="normal">\1</mi>',
    r"<m[io]>&#x029F5;</m[io]>": "<mo>&#x02216;</mo>",  # few fonts have the other one
    r"&#x02015;": "&#x000AF;",  # this bar grows
}
CHILDREN = dict.fromkeys(("msup", "msub", "mover", "munder", "mfrac", "mroot"), 2)
CHILDREN |= {"msubsup": 3, "munderover": 3}
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
    rows = [f"- [`{m}`]({m}.md): {' '.join(first_paragraph(m).split())}" for m in MODULES]
    yield "api/index.md", "# Reference\n\n" + "\n".join(rows) + "\n"
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
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("text/html", None)
            if "image/png" in output.get("data", {}):
                output["data"].pop("text/plain", None)
    text, resources = MarkdownExporter().from_notebook_node(
        notebook, {"unique_key": path.stem, "output_files_dir": "."}
    )
    text = with_named_pictures(strip_ansi(text))
    title, _, rest = text.lstrip().partition("\n")
    return f"{title}\n\n[Download this notebook]({path.name})\n{rest}", {
        Path(name).name: content for name, content in resources["outputs"].items()
    }


def with_named_pictures(text: str) -> str:
    """Pictures of a notebook, each named by the heading above it."""
    lines, heading, code = [], "", False
    for line in text.splitlines():
        code ^= line.startswith("```")
        if re.match(r"#+ \w", line) and not code:
            heading = line.lstrip("# ")
        lines.append(re.sub(r"!\[png\]\(\./?([^)]+)\)", rf"![{heading}](\1)", line))
    return "\n".join([*lines, ""])


def gallery(pictures: list[tuple[str, str, str]]) -> str:
    """The last picture of every notebook, and those of the results, each a link to its page."""
    docs = ROOT / "docs"
    found = {picture: (title, page) for title, picture, page in pictures}
    for path in sorted(docs.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        for title, name in re.findall(r"!\[(.+?)\]\((.+?\.png)\)", text):
            picture = (path.parent / name).resolve().relative_to(docs).as_posix()
            found.setdefault(picture, (title, path.relative_to(docs).as_posix()))
    lines = ["# Gallery", ""]
    for picture, (title, page) in found.items():
        lines += [f"## {title}", "", f"[![{title}]({picture})]({page})", ""]
    return "\n".join(lines)


def atlas() -> str:
    """Every claim: statement, source, and what a run found."""
    from proofs_numeric.atlas.subjects import by_subject
    from proofs_numeric.engine.run import all_claims

    stored = json.loads((ROOT / "docs" / "claims.json").read_text())
    found = {row["name"]: row for row in stored}
    known = {claim.name: claim for claim in all_claims()}
    claims: Any = [{"name": name} for name in known]
    functions = functions_of_claims()
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
                lines[-1] += (
                    f" **{row['verdict'].capitalize()}**, tightness {row['tightness']:.3g} over {row['cases']} cases."
                )
            lines.append("")
            if name in functions:
                lines.append(f"- Function: {functions[name]}.")
            for part in ("hypotheses", "controls"):
                if row.get(part):
                    lines.append(f"- {part.capitalize()}: {'; '.join(row[part])}.")
            lines.append("")
    return "\n".join(lines)


def functions_of_claims() -> dict[str, str]:
    """What computes each bound, by the name of its claim: the last column of a table in the notes."""
    notes = (ROOT / "paper_notes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|.*\| `(\w+)`[^|]*\| ([^|]+) \|$", notes, flags=re.M)
    return {name: text for name, text in rows if "`" in text}


def reference(module: str) -> str:
    """A page of the API: what is documented here, and links to what other pages have."""
    pages = page_of_names()
    lines = [f"# {module}", "", first_paragraph(module), ""]
    here = [name for name in public_names(module) if pages[name] == module]
    elsewhere = [name for name in public_names(module) if pages[name] != module]
    if elsewhere:
        links = ", ".join(f"[`{name.rpartition('.')[2]}`][{name}]" for name in elsewhere)
        lines += [f"Documented with their packages: {links}.", ""]
    for name in here:
        lines += [f"::: {name}", ""]
    return "\n".join(lines)


@functools.cache
def page_of_names() -> dict[str, str]:
    """The module on whose page a name is documented, once: the innermost that hands it on."""
    modules = sorted(MODULES, key=lambda module: module.count("."))
    return {name: module for module in modules for name in public_names(module)}


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
    names = [name for name in handed_on if not is_module(name)]
    if not names:
        raise ValueError(f"{path} hands on no names; write `from ... import name as name`.")
    return names


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
            return mathml(formula[2:-2].strip(), "inline" if inline else "block")
        except Exception as error:  # the converter raises what it comes across
            LOG.warning("%s: the formula %s cannot be converted (%r)", where, formula, error)
            return match.group()

    return re.sub(r'<(span|div) class="arithmatex">(.*?)</\1>', replaced, content, flags=re.S)


def mathml(formula: str, display: str) -> str:
    """A formula of LaTeX as MathML that every browser draws alike."""
    for pattern, replacement in REWRITTEN.items():
        formula = re.sub(pattern, replacement, formula)
    text = convert(formula, display=display)
    text = re.sub(r">(\\(?:[A-Za-z]+|.))<", lambda m: f">{LEFT.get(m[1], m[1])}<", text)
    if "\\" in text:
        raise ValueError("an unknown command")
    for node in ElementTree.fromstring(text).iter():
        if len(node) != CHILDREN.get(node.tag.rpartition("}")[2], len(node)):
            raise ValueError("misread by the converter")
    for pattern, replacement in REFINED.items():
        text = re.sub(pattern, replacement, text)
    return text


def on_post_page(output: str, page, **_unused) -> str:
    """Pages fetch nothing; one that would is warned of."""
    fetching = r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>"
    for tag in re.findall(fetching, output):
        LOG.warning("%s: %s is fetched from elsewhere", page.file.src_uri, tag)
    return output


class Docstrings(griffe.Extension):
    """Docstrings as Markdown, and signatures that Python makes from fields."""

    def on_object(self, *, obj: griffe.Object, **_unused) -> None:
        """Before docstrings are parsed."""
        if obj.docstring:
            text = as_markdown(one_by_one(obj.docstring.value))
            obj.docstring.value = with_links(text, page_of_names())

    def on_class_members(self, *, cls: griffe.Class, **_unused) -> None:
        """Of modules of equinox and of named tuples."""
        bases = {str(base).rpartition(".")[2] for base in cls.bases}
        if "__init__" in cls.members or not bases & {"Module", "NamedTuple"}:
            return
        fields = [
            griffe.Parameter(
                member.name,
                annotation=member.annotation,
                kind=griffe.ParameterKind.positional_or_keyword,
                default=default_of(str(member.value)) if member.value else None,
            )
            for member in cls.members.values()
            if isinstance(member, griffe.Attribute)
            and member.annotation
            and "property" not in member.labels
            and not str(member.annotation).startswith("ClassVar")
        ]
        if fields:
            parameters = griffe.Parameters(*fields)
            cls.set_member("__init__", griffe.Function("__init__", parameters=parameters))


def default_of(value: str) -> str | None:
    """The default of a field: its value, or what `field(default=...)` says."""
    call = ast.parse(value, mode="eval").body
    if not (isinstance(call, ast.Call) and ast.unparse(call.func).endswith("field")):
        return value
    return next((ast.unparse(word.value) for word in call.keywords if word.arg == "default"), None)


def one_by_one(text: str) -> str:
    """A docstring whose parameters have a line each: of `a, b: both` it makes two."""
    lines: list[str] = []
    several: list[str] = []
    for line in text.split("\n"):
        match = re.fullmatch(r"    (\w+(?:, \w+)+): (.*)", line)
        if match:
            several = match[1].split(", ")
            lines += [f"    {name}: {match[2]}" for name in several]
        elif several and line.startswith("     "):
            own = slice(-len(several), None)
            lines[own] = [f"{one} {line.strip()}" for one in lines[own]]
        else:
            several = []
            lines.append(line)
    return "\n".join(lines)


def with_links(text: str, pages: dict[str, str]) -> str:
    """Markdown whose `Name` in backticks, outside of code, is a link where one public class has that name."""
    found: dict[str, str] = {}
    for path in pages:
        name = path.rpartition(".")[2]
        found[name] = "" if name in found else path
    code = re.split(r"(```.*?```)", text, flags=re.S)
    code[::2] = [
        re.sub(
            r"(?<![`\[])`(?:[a-z_]+\.)*([A-Z]\w+)`(?![`\]])",
            lambda m: f"[{m[0]}][{found[m[1]]}]" if found.get(m[1]) else m[0],
            part,
        )
        for part in code[::2]
    ]
    return "".join(code)


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
            "hypotheses": list(
                dict.fromkeys(one["text"] for each in row["settings"] for one in each["hypotheses"])
            ),
            "controls": [
                f"{control['name']} ({control['description']})" for control in row["controls"]
            ],
        }
        for row in document["claims"]
    ]


if (
    __name__ == "__main__"
):  # python docs/building.py claims.json, after a run with --json claims.json
    rows = shortened(json.loads(Path(sys.argv[1]).read_text()))
    write_whole(ROOT / "docs" / "claims.json", (json.dumps(rows, indent=1) + "\n").encode())
