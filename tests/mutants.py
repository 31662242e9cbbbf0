"""Every small weakening of the bounds' source: one change in one function or constant, in memory only.

A product loses a factor, a quotient its divisor or its dividend, a power its exponent, a sum a term, a call
such as sqrt, max or abs its wrapper or an argument, a choice one of its sides, a number 5 %, a returned
value 5 %. Docstrings, messages, and statements that only raise are left alone.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import copy
import importlib
import inspect
import types
from collections.abc import Iterator
from typing import Any, NamedTuple

from wiatowski import bounds

BOUNDS = ("translation", "deformation", "deformation_operator", "classes", "energy", "lipschitz")
# Functions and constants of other modules that are bounds, or compute them.
OUTSIDE = {
    "wiatowski.extractor": ("FeatureExtractor.lipschitz_bound",),
    "wiatowski.constants": ("computed_constants", "_met_banks", "_largest"),
    "wiatowski.layer": ("Layer.gain", "Layer.lipschitz"),
    "wiatowski.frames.filter_bank": ("FilterBank.upper_bound",),
    "wiatowski.frames.matrix_bank": (
        "MatrixBank.upper_bound",
        "MatrixBank._squares",
        "MatrixBank._operator",
    ),
    "wiatowski.nonlinearities": (".lipschitz", "_SILU_LIPSCHITZ", "_GELU_LIPSCHITZ"),
    "wiatowski.poolings": (".lipschitz",),
}
FACTOR = 0.95
# A call of one of these may lose its wrapper, leaving any of its arguments.
WRAPPERS = (
    *("sqrt", "safe_sqrt", "ceil", "floor", "max", "min", "maximum", "minimum", "abs"),
    *("sum", "prod", "norm", "where", "log", "log1p", "exp", "expm1", "gamma", "sin"),
)
LIBRARIES = ("math", "np", "jnp", "jax", "scipy")


class Mutant(NamedTuple):
    """One change: in which module and function, at which line, of what into what."""

    module: types.ModuleType
    name: str  # of the function or constant, qualified
    line: int
    original: str
    replacement: str
    tree: ast.stmt  # the definition with the change

    @property
    def function(self) -> str:
        return f"{self.module.__name__.rpartition('.')[2]}.{self.name}"

    @property
    def key(self) -> tuple[str, str, str]:
        return self.function, self.original, self.replacement

    def __str__(self) -> str:
        where = f"{self.module.__name__.replace('.', '/')}.py:{self.line}"
        return f"{where} {self.function}: {self.original}  ->  {self.replacement}"

    @contextlib.contextmanager
    def swapped_in(self) -> Iterator[None]:
        """Run the changed code wherever the original is known, in this process only."""
        program = ast.fix_missing_locations(ast.Module([self.tree], []))
        flags = __future__.annotations.compiler_flag
        compiled = compile(program, f"<mutant of {self.function}>", "exec", flags, True)
        namespace = dict(vars(self.module))
        exec(compiled, namespace)
        changed = namespace[self.name.rpartition(".")[2]]
        swap = _swapped_function if isinstance(self.tree, ast.FunctionDef) else _swapped_constant
        with swap(self.module, self.name, changed):
            yield


@contextlib.contextmanager
def _swapped_function(module, name: str, changed: Any) -> Iterator[None]:
    # The code object is replaced: every reference to the function, jitted ones too, sees the change.
    function, parts = live_function(module, name), ("__code__", "__defaults__", "__kwdefaults__")
    saved = [getattr(function, part) for part in parts]
    try:
        for part in parts:
            setattr(function, part, getattr(changed, part))
        yield
    finally:
        for part, value in zip(parts, saved):
            setattr(function, part, value)


@contextlib.contextmanager
def _swapped_constant(module, name: str, changed: Any) -> Iterator[None]:
    places = [place for place in (module, bounds) if name in vars(place)]
    saved = [vars(place)[name] for place in places]
    try:
        for place in places:
            setattr(place, name, changed)
        yield
    finally:
        for place, value in zip(places, saved):
            setattr(place, name, value)


def live_function(module: types.ModuleType, name: str) -> types.FunctionType:
    """The function itself, below properties and jit."""
    found: Any = module
    for part in name.split("."):
        found = vars(found)[part]
    getter: Any = found.fget if isinstance(found, property) else found
    return inspect.unwrap(getter)


def definitions(module: types.ModuleType) -> Iterator[tuple[str, ast.stmt]]:
    """Functions, methods and constants of a module, with their qualified names."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            methods = (n for n in node.body if isinstance(n, ast.FunctionDef))
            yield from ((f"{node.name}.{method.name}", method) for method in methods)
        elif isinstance(node, ast.Assign):
            constant = ast.unparse(node.targets[0])
            if not constant.startswith("__"):
                yield constant, node


def mutants() -> list[Mutant]:
    """Of all bounds."""
    found = []
    for tail in BOUNDS:
        module = importlib.import_module(f"wiatowski.bounds.{tail}")
        for name, tree in definitions(module):
            found += mutants_of(module, name, tree)
    for path, wanted in OUTSIDE.items():
        module = importlib.import_module(path)
        for name, tree in definitions(module):
            if name in wanted or f".{name.rpartition('.')[2]}" in wanted:
                found += mutants_of(module, name, tree)
    return found


def mutants_of(module: types.ModuleType, name: str, tree: ast.stmt) -> Iterator[Mutant]:
    """Every single change of one definition."""
    tree = copy.deepcopy(tree)
    if isinstance(tree, ast.FunctionDef):
        tree.decorator_list, tree.returns = [], None
        for argument in ast.walk(tree.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
    silent, nodes = set(_silent(tree)), list(ast.walk(tree))
    places = {node: place for place, node in enumerate(nodes)}
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    for node in nodes:
        if node in silent:
            continue
        for part, replacement in changes(node):
            twin = copy.deepcopy(tree)
            twins = list(ast.walk(twin))
            _Replace(twins[places[part]], replacement).visit(twin)
            shown, text = part, ast.unparse(replacement)
            if isinstance(part, ast.Constant):  # a bare number says little
                shown = parents[part]
                text = ast.unparse(twins[places[shown]])
            yield Mutant(module, name, part.lineno, ast.unparse(shown), text, twin)


class _Replace(ast.NodeTransformer):
    """Put one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return copy.deepcopy(self.new) if node is self.old else self.generic_visit(node)


def _silent(tree: ast.AST) -> Iterator[ast.AST]:
    """Nodes of docstrings, raise statements, and statements that do nothing but raise."""
    for node in ast.walk(tree):
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if text or _only_raises(node):
            yield from ast.walk(node)


def _only_raises(node: ast.AST) -> bool:
    if isinstance(node, (ast.If, ast.For)):
        return not node.orelse and all(map(_only_raises, node.body))
    return isinstance(node, ast.Raise)


def changes(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Pairs (part of the node or itself, what stands there instead)."""
    match node:
        case ast.BinOp(left, ast.Mult(), right):
            yield from ((node, left), (node, right))
        case ast.BinOp(left, ast.Div(), right):
            yield node, left
            if not isinstance(left, ast.Constant):
                yield node, ast.BinOp(ast.Constant(1), ast.Div(), right)
        case ast.BinOp(left, ast.Pow(), _):
            yield node, left
        case ast.BinOp(left, ast.Add(), right):
            yield from ((node, left), (node, right))
        case ast.BinOp(left, ast.Sub(), right):
            yield from ((node, left), (node, ast.UnaryOp(ast.USub(), right)))
        case ast.UnaryOp(ast.USub(), operand):
            yield node, operand
        case ast.IfExp(_, chosen, otherwise):
            yield from ((node, chosen), (node, otherwise))
        case ast.If(test):
            yield from ((test, ast.Constant(True)), (test, ast.Constant(False)))
        case ast.Call(function, arguments):
            name, owner = _name(function)
            if name in WRAPPERS:
                inner = arguments if owner is None else [owner]
                condition = name == "where" and owner is None
                yield from ((node, a) for a in inner[condition:] if not isinstance(a, ast.Starred))
        case ast.Constant(value):
            if isinstance(value, (int, float, complex)) and not isinstance(value, bool) and value:
                yield node, ast.Constant(FACTOR * value)
        case ast.Return(value) if value is not None:
            parts = value.elts if isinstance(value, ast.Tuple) else [value]
            yield from ((part, _less(part)) for part in parts)
        case ast.Lambda(body=body):
            yield body, _less(body)


def _less(value: ast.expr) -> ast.expr:
    return ast.BinOp(ast.Constant(FACTOR), ast.Mult(), value)


def _name(function: ast.expr) -> tuple[str, ast.expr | None]:
    """The name of what is called, and the array that a method belongs to."""
    if isinstance(function, ast.Name):
        return function.id, None
    if isinstance(function, ast.Attribute):
        root = function.value
        while isinstance(root, ast.Attribute):
            root = root.value
        library = isinstance(root, ast.Name) and root.id in LIBRARIES
        return function.attr, None if library else function.value
    return "", None
