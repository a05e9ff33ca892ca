"""Write the reference: `python docs/reference.py` makes build/reference/index.html.

pdoc makes a page of each module that users import. It is told three things that it cannot know: the
order in which the names are best read, that an operation is a function, and that our docstrings are
plain text, with examples and aligned tables.
"""

from __future__ import annotations

import inspect
import re
import sys
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any

import autograd
from autograd.core.operation import Variadic

if TYPE_CHECKING:
    from pdoc.doc import Class, Function, Module

FOLDER = Path(__file__).parents[1] / "build" / "reference"

# The modules that users import, and of which files their names come, in reading order.
PAGES = {
    "autograd": "core.value calculus.chain calculus.transforms modes check pictures compiler "
    "anomaly definition core.operation core.ops",
    "autograd.testing": "",
    "nn": "module layers blocks attention losses objectives optim optimizers train training data "
    "search files",
    "nn.init": "",
    "nn.plots": "",
    "nn.schedules": "",
    "nn.terminal": "",
}

# Without an underscore, for other files of ours use them; users need not.
PARTS = {
    "autograd.detect_anomaly.block",
    "autograd.no_grad.block",
    "autograd.testing.Draft",
    "autograd.testing.Pick",
    "nn.schedules.Schedule",
}

MEANT = {"*": r"\*", "<": "&lt;", ">": "&gt;"}  # characters that Markdown takes for more

LONG = 100  # characters: such a default says less than dots

# So that a line of 100 characters is not cut off, in a docstring and in a signature.
WIDE = """
.pdoc pre { font-size: 0.75rem }
.pdoc .param { white-space: pre-wrap }
@media (min-width: 770px) { main.pdoc { width: calc(60rem + var(--sidebar-width)) } }
"""


# What is public ---------------------------------------------------------------------------------


@cache
def public(page: str) -> dict[str, Any]:
    """The functions, classes and operations of a page by name, in reading order."""
    files = [f"{page}.{file}" for file in PAGES[page].split()] or [page]
    package = import_module(page)
    module = {name: getattr(package, name) for name in dir(package)}  # what comes later, too
    # `__all__` of a package leaves out what would hide a built-in name, such as `sum`.
    offered = module if PAGES[page] else module.get("__all__", module)
    things = {
        name: thing
        for name, thing in module.items()
        if name in offered
        and not name.startswith("_")
        and getattr(thing, "__qualname__", "") == name  # defined by class, def or op
        and (PAGES[page] or thing.__module__ == page)
        and f"{page}.{name}" not in PARTS
    }

    def place(name: str) -> tuple[int, str, int]:
        source: str = things[name].__module__
        file = next(i for i, file in enumerate(files) if f"{source}.".startswith(f"{file}."))
        return file, source, list(vars(sys.modules[source])).index(name)

    return {name: things[name] for name in sorted(things, key=place)}


def members(page: str, cls: type) -> dict[str, Any]:
    """The public methods and properties that are shown with a class.

    Those of a base stand with the base, if that is public too. Operations stand by themselves:
    x.exp() is exp(x).
    """
    shown = {thing for page in PAGES for thing in public(page).values()} - {cls}
    elsewhere = {
        name
        for base in cls.__mro__
        if base in shown or base.__module__.partition(".")[0] not in ("autograd", "nn")
        for name in vars(base)
    }
    found = {name: inspect.getattr_static(cls, name) for name in dir(cls)}
    return {
        name: member
        for name, member in found.items()
        if isinstance(member, (FunctionType, classmethod, staticmethod, property, cached_property))
        and not name.startswith("_")
        and name not in elsewhere
        and f"{page}.{cls.__name__}.{name}" not in PARTS
    }


# The pages --------------------------------------------------------------------------------------


def write(folder: Path) -> None:
    """Write a page for each module, the index and what the search needs."""
    from jinja2 import ChoiceLoader, DictLoader
    from pdoc import render

    render.configure(footer_text=f"pencilgrad {autograd.__version__}")
    assert render.env.loader is not None
    render.env.loader = ChoiceLoader([DictLoader({"custom.css": WIDE}), render.env.loader])
    render.env.filters["to_markdown"] = markdown
    pages = {name: page_of(name) for name in PAGES}
    for name, page in pages.items():
        page.submodules = [pages[other] for other in pages if other.startswith(f"{name}.")]
    texts = {
        f"{name.replace('.', '/')}.html": render.html_module(page, pages)
        for name, page in pages.items()
    }
    texts |= {"index.html": render.html_index(pages), "search.js": render.search_index(pages)}
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def page_of(name: str) -> Module:
    """The page of a module."""
    from pdoc.doc import Class, Function, Module

    page = Module(import_module(name))
    vars(page.obj)["__all__"] = [*public(name)]  # where pdoc looks what is public
    page.members = {}
    for qualname, thing in public(name).items():
        origin = thing.__module__, thing.__qualname__
        if isinstance(thing, type):
            page.members[qualname] = shortened(Class(name, qualname, thing, origin))
        else:
            page.members[qualname] = as_written(Function(name, qualname, thing, origin))
    return page


def shortened(doc: Class) -> Class:
    """A class with its own members alone, and its fields."""
    from pdoc.doc import Function, Variable

    own = members(doc.modulename, doc.obj)
    names = {*own, *getattr(doc.obj, "__annotations__", {})}
    if isinstance(inspect.getattr_static(doc.obj, "__init__"), FunctionType) or issubclass(
        doc.obj, tuple
    ):
        names.add("__init__")
    for name, member in [*doc.members.items()]:
        if name not in names:
            del doc.members[name]
            continue
        member.taken_from = doc.modulename, member.qualname
        if issubclass(doc.obj, tuple) and name not in own:
            member.docstring = ""  # "Alias for field number 0"
        if isinstance(member, Function):
            as_written(member)
        elif isinstance(member, Variable) and isinstance(own.get(name), property):
            member.annotation = written(own[name].fget.__annotations__["return"])
    return doc


def as_written(doc: Function) -> Function:
    """A function with the annotations that stand in the source: pdoc would spell them out."""
    given = inspect.signature(doc.obj)
    returned = given.empty if doc.name == "__init__" else written(given.return_annotation)
    parameters = [
        p.replace(
            annotation=written(p.annotation),
            default=p.default if len(repr(p.default)) < LONG else Written("..."),
        )
        for p in given.parameters.values()
    ]
    if isinstance(doc.wrapped, Variadic):  # its function takes *xs, and it takes one iterable
        kind, annotation = inspect.Parameter.POSITIONAL_ONLY, Written("Iterable[float]")
        parameters = [p.replace(kind=kind, annotation=annotation) for p in parameters]
    doc.signature = given.replace(parameters=parameters, return_annotation=returned)
    return doc


class Written(str):
    """Text that stands in a signature without quotes."""

    __slots__ = ()
    __repr__ = str.__str__


def written(annotation: Any) -> Any:
    """An annotation as it stands in the source; the fields of a named tuple have it wrapped."""
    text = getattr(annotation, "__forward_arg__", annotation)
    return Written(text) if isinstance(text, str) else annotation


def markdown(docstring: str) -> str:
    """The Markdown that shows a docstring as it was meant."""
    return "\n\n".join(map(paragraph, docstring.split("\n\n")))


def paragraph(text: str) -> str:
    """An example or an aligned table stays as it is; in prose, an asterisk is an asterisk."""
    if text.startswith(">>> "):
        return f"```pycon\n{text.replace('<BLANKLINE>', '')}\n```"
    if re.search(r"^ |\S {2,}\S", text, re.MULTILINE) and not text.startswith("- "):
        return f"```text\n{text}\n```"
    return re.sub(r"(`[^`]*`)|[*<>]", lambda found: found[1] or MEANT[found[0]], text)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if sys.argv[1:] else FOLDER
    if folder.exists() and not folder.is_dir():
        sys.exit(f"{folder} is a file: name a folder for the pages, which need not be there yet")
    write(folder)
