"""The project's own macros in Python: the raw contract, and the checks, in their one home.

What a raw table is called, what it holds, and what is said when something is wrong with it stands
in `macros/sources/`. Tools that need it before dbt has started, or without dbt, render those macros
here: a second copy would sooner or later say something else.
"""

import re
from dataclasses import dataclass, field
from functools import cache, partial
from types import SimpleNamespace

import jinja2
import yaml

from tools.paths import ROOT

FOLDERS = ("sources", "portable")
# macros that look at nothing but their arguments, and are asked again and again
CONSTANT = ("raw_contract", "demo_tables", "built_tables", "known_variables", "letter_pairs")
_CONSTANTS = {}


class StopError(Exception):
    """The one line with which a macro ends the run, without its `crm_cltv: `."""


class _Return(Exception):
    """A macro's return value on its way out, as dbt's `return` has it."""

    def __init__(self, value):
        self.value = value


def _return(value=None):
    raise _Return(value)


def _raise_compiler_error(message, _node=None):
    raise StopError(str(message).removeprefix("crm_cltv: "))


def _called(macro, *arguments, **named):
    try:
        return str(macro(*arguments, **named))
    except _Return as returned:
        return returned.value


@cache
def _template():
    """All macros as one template, and their names; dbt, too, gives them a name apart."""
    files = [file for name in FOLDERS for file in sorted((ROOT / "macros" / name).glob("*.sql"))]
    text = "\n".join(file.read_text() for file in files)
    names = re.findall(r"{%-?\s*macro\s+(\w+)", text)
    text = re.sub(r"({%-?\s*macro\s+)(\w+)", r"\1macro__\2", text)
    environment = jinja2.Environment(
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False
    )
    return environment.from_string(text), names


@cache
def project_variables():
    """Variable → default, as dbt_project.yml has them."""
    return yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]


@dataclass(frozen=True)
class Relation:
    """A table by its names; as text it is what SQL takes."""

    database: str
    schema: str
    identifier: str

    def __str__(self):
        names = [name for name in (self.database, self.schema, self.identifier) if name]
        return ".".join('"' + name.replace('"', '""') + '"' for name in names)


@dataclass
class Macros:
    """The macros, as they answer for these variables on this connection.

    Parameters
    ----------
    variables : dict
        What the user gave, as with `--vars`.
    connection : duckdb.DuckDBPyConnection, optional
        Where the raw tables are; without it, macros that look at tables cannot be called.
    database, schema : str
        Where the build would write: names of dbt's target.
    """

    variables: dict = field(default_factory=dict)
    connection: object = None
    database: str = ""
    schema: str = "cltv"

    def __post_init__(self):
        self.values = {**project_variables(), **self.variables}
        template, names = _template()
        # what dbt puts at a macro's disposal, as far as these macros use it
        self.context = {
            "return": _return,
            "exceptions": SimpleNamespace(raise_compiler_error=_raise_compiler_error),
            "modules": SimpleNamespace(re=re),
            "var": self.values.__getitem__,
            "execute": self.connection is not None,
            "flags": SimpleNamespace(WHICH="build"),
            "project_name": "crm_cltv",
            "invocation_args_dict": {"vars": self.variables},
            "target": SimpleNamespace(database=self.database, schema=self.schema),
            "source": self.source,
            "ref": lambda name: name,
            "run_query": self.run_query,
            "adapter": SimpleNamespace(
                dispatch=lambda name, _package: partial(self.call, f"duckdb__{name}"),
                quote=lambda name: '"' + name.replace('"', '""') + '"',
                get_relation=self.get_relation,
                get_columns_in_relation=self.get_columns,
            ),
            "dbt": SimpleNamespace(
                type_string=lambda: "varchar",
                type_timestamp=lambda: "timestamp",
                type_boolean=lambda: "boolean",
                type_bigint=lambda: "bigint",
                concat=" || ".join,
            ),
        }
        # by name and late, since macros call one another
        self.context.update({name: partial(self.call, name) for name in names})
        module = template.make_module(self.context)
        self.macros = {name: partial(_called, getattr(module, f"macro__{name}")) for name in names}

    def call(self, name, *arguments, **named):
        """A macro's return value, or the text that it writes."""
        if name in CONSTANT:
            return self.constant(name, *arguments, **named)
        return self.macros[name](*arguments, **named)

    def constant(self, name, *arguments):
        """What a macro returns that looks at nothing but its arguments, computed once."""
        if (name, arguments) not in _CONSTANTS:
            _CONSTANTS[name, arguments] = self.macros[name](*arguments)
        return _CONSTANTS[name, arguments]

    def __getattr__(self, name):
        if name in self.__dict__.get("macros", {}):
            return partial(self.call, name)
        raise AttributeError(name)

    def replace_macro(self, name, function):
        """Let Python answer for one macro, where it can do what SQL cannot."""
        self.macros[name] = function

    # ---------- what dbt's adapter does

    def source(self, _source, table):
        """The relation of a raw table, as models/staging/crm/_crm__sources.yml places it."""
        if self.values["raw_folder"]:
            return Relation("", f"{self.schema}_raw_files", table)
        schema = self.values["raw_crm_schema"] or f"{self.schema}_raw_crm"
        return Relation(self.values["raw_crm_database"] or self.database, str(schema), table)

    def run_query(self, query):
        """Rows of a query."""
        result = self.connection.execute(query)
        return result.fetchall() if result.description else []

    def get_relation(self, database, schema, identifier):
        """The relation if it is there, else None."""
        found = self.connection.execute(
            "select 1 from information_schema.tables where lower(table_schema) = lower(?) "
            "and lower(table_name) = lower(?) and (? = '' or lower(table_catalog) = lower(?))",
            [schema, identifier, database, database],
        ).fetchall()
        return Relation(database, schema, identifier) if found else None

    def get_columns(self, relation):
        """Columns of a relation, each with name and dtype."""
        rows = self.connection.execute(f"describe {relation}").fetchall()
        return [SimpleNamespace(name=row[0], dtype=row[1]) for row in rows]


@cache
def raw_contract():
    """Raw table → its contract: required, key, event, and columns (name, type, required, …)."""
    return Macros().raw_contract()


@cache
def built_tables():
    """Names of the raw tables that this version reads."""
    return tuple(Macros().built_tables())
