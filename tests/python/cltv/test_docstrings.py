"""Every public function says what goes in, what comes out and what is refused."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / "cltv").rglob("*.py"))


def public(body, owner=""):
    """Yield every public function, class and method with its full name."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield f"{owner}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{owner}{node.name}.")


def sections(docstring):
    """Split a docstring by its underlined headings."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", docstring, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def named(section):
    """Names that a section describes, stars left out."""
    heads = [line for line in section.splitlines() if line and not line.startswith(" ")]
    return {name.strip().lstrip("*") for head in heads for name in head.split(" : ")[0].split(",")}


def arguments(function):
    """Names of the arguments that a caller passes."""
    found = function.args
    names = [one.arg for one in (*found.posonlyargs, *found.args, *found.kwonlyargs)]
    names += [one.arg for one in (found.vararg, found.kwarg) if one]
    return [name for name in names if name not in ("self", "cls")]


def own_statements(function):
    """Yield the statements of a function without those of functions inside it."""
    waiting = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def is_property(function):
    return any("property" in ast.unparse(decorator) for decorator in function.decorator_list)


def missing_in_function(function):
    found = sections(ast.get_docstring(function) or "")
    told = named(found.get("Parameters", ""))
    missing = [f"parameter {name}" for name in arguments(function) if name not in told]
    # what is only declared, such as a method of a protocol, returns what is to be implemented
    declared = len(function.body) == 1
    returned = any(
        isinstance(node, ast.Return) and node.value is not None for node in own_statements(function)
    )
    if (returned or declared) and not is_property(function) and "Returns" not in found:
        missing.append("Returns")
    raised = any(isinstance(node, ast.Raise) and node.exc for node in own_statements(function))
    return missing + (["Raises"] if raised and "Raises" not in found else [])


def missing_in_class(node):
    found = sections(ast.get_docstring(node) or "")
    told = named(found.get("Parameters", "")) | named(found.get("Attributes", ""))
    start = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    wanted = [name for one in start if one.name == "__init__" for name in arguments(one)]
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        fields = [one.target.id for one in node.body if isinstance(one, ast.AnnAssign)]
        wanted += [name for name in fields if not name.startswith("_")]
    return [f"attribute {name}" for name in wanted if name not in told]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_names_have_full_docstrings(path):
    faults = []
    for name, node in public(ast.parse(path.read_text()).body):
        is_class = isinstance(node, ast.ClassDef)
        missing = missing_in_class(node) if is_class else missing_in_function(node)
        faults += [f"{path.name}:{node.lineno} {name}: no {what}" for what in missing]
    assert not faults, "\n".join(faults)


def test_what_the_documents_name_is_there():
    texts = [path.read_text() for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]]
    # old names stay in the changelog
    texts = [text for text in texts if not text.startswith("# Changelog")]
    names = sorted(set(re.findall(r"`(cltv(?:\.\w+)+)`", "\n".join(texts))))
    assert "cltv.simple.discounted_simple_value" in names
    for name in names:
        parts = name.split(".")
        module = importlib.import_module(".".join(parts[:2]))
        for position, part in enumerate(parts[2:], start=3):
            if not hasattr(module, part):
                module = importlib.import_module(".".join(parts[:position]))
            else:
                module = getattr(module, part)
