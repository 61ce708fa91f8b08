"""Publish the marts for BI tools: Parquet files and one read-only DuckDB file, all of one build.

A build database must not be read by BI tools: a reader that holds it open stops the next build. So
what may be read is copied aside. Every publication is a folder of its own under `.publications/`;
`exports` is a link to the newest. The link is replaced in one step, so a reader sees the old
publication or the new one, whole, and a publication that fails half-way is never seen.

Only models with `meta.publish: true` are published, and only after a build in which everything
passed.
"""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path

import duckdb

from tools.paths import database_path, exports_path, target_path

# options of `dbt build` that leave out models, tests or rows
PARTIAL = (
    *("select", "exclude", "selector", "resource_types", "exclude_resource_types"),
    *("empty", "sample"),
)


class PublishError(Exception):
    """Why nothing was published, in one line."""


def last_build(target):
    """Read what the last dbt run did.

    Parameters
    ----------
    target : pathlib.Path
        dbt's target folder.

    Returns
    -------
    invocation_id : str
    relations : dict of str to str
        Published model name → quoted relation in the build database.

    Raises
    ------
    PublishError
        There was no run, it was not a whole `dbt build`, or something in it failed.
    """
    try:
        results = json.loads((target / "run_results.json").read_text())
        manifest = json.loads((target / "manifest.json").read_text())
    except FileNotFoundError as error:
        raise PublishError(
            f"no finished build in {target} ({Path(error.filename).name} is missing); "
            "run dbt build first"
        ) from None
    except json.JSONDecodeError:
        raise PublishError(
            f"run_results.json or manifest.json in {target} is cut short; run dbt build again"
        ) from None
    arguments = results["args"]
    if arguments.get("which") != "build" or any(arguments.get(name) for name in PARTIAL):
        raise PublishError(
            "the last dbt run was not a whole build; run dbt build without selection, then publish"
        )
    failed = [
        result["unique_id"]
        for result in results["results"]
        if result["status"] not in ("success", "pass", "warn", "no-op")
    ]
    if failed:
        raise PublishError(
            f"{len(failed)} nodes of the last build did not pass, first {failed[0]}; "
            "the publication before it stays"
        )
    relations = {
        node["name"]: node["relation_name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["meta"].get("publish") is True
    }
    return results["metadata"]["invocation_id"], relations


def write_publication(database, folder, relations):
    """Copy every relation into a folder, as Parquet and into one DuckDB file.

    Parameters
    ----------
    database : pathlib.Path
        The build database; opened read-only.
    folder : pathlib.Path
        New and empty.
    relations : dict of str to str
        Name → quoted relation.
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        file = str(folder / "crm_cltv.duckdb").replace("'", "''")
        # v1.2.0: clients from DuckDB 1.2 on can open it
        connection.execute(f"attach '{file}' as published (storage_version 'v1.2.0', read_write)")
        for name, relation in sorted(relations.items()):
            connection.execute(f"create table published.{name} as select * from {relation}")
            parquet = str(folder / f"{name}.parquet").replace("'", "''")
            connection.execute(
                f"copy published.{name} to '{parquet}' (format parquet, compression zstd)"
            )
            schema, table = (part.strip('"') for part in relation.split(".")[-2:])
            comments = connection.execute(
                "select column_name, comment from duckdb_columns() "
                "where database_name = current_database() and schema_name = ? and table_name = ? "
                "and comment is not null",
                [schema, table],
            ).fetchall()
            for column, comment in comments:
                text = comment.replace("'", "''")
                connection.execute(f"comment on column published.{name}.\"{column}\" is '{text}'")
        connection.execute("detach published")
    for file in folder.iterdir():
        file.chmod(0o444)


def swap(exports, folder):
    """Make `exports` name `folder`, in one step."""
    new_link = exports.with_name(exports.name + ".new")
    new_link.unlink(missing_ok=True)
    new_link.symlink_to(os.path.relpath(folder, exports.parent))
    os.replace(new_link, exports)


def publish(database=None, exports=None, target=None):
    """Publish the last build.

    Parameters
    ----------
    database, exports, target : pathlib.Path, optional
        Build database, publication link, dbt's target folder; default as in the profile.

    Returns
    -------
    list of str
        Names of the published marts.

    Raises
    ------
    PublishError
        Nothing was published, and why.
    """
    database = database or database_path()
    exports = exports or exports_path()
    invocation, relations = last_build(target or target_path())
    if not relations:
        raise PublishError("no model has meta.publish: true, so there is nothing to publish")
    if exports.exists() and not exports.is_symlink():
        raise PublishError(
            f"{exports} is not a link made by an earlier publication; move it away and try again"
        )
    store = exports.parent / ".publications"
    store.mkdir(parents=True, exist_ok=True)
    # readers may still have files of the publication before open: it stays until the next one
    before = exports.resolve() if exports.is_symlink() else None
    folder = store / invocation
    unfinished = store / f"{invocation}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    try:
        write_publication(database, unfinished, relations)
        if folder.exists():  # the same build published again
            folder = store / f"{invocation}-{os.getpid()}"
        unfinished.rename(folder)
        swap(exports, folder)
    except duckdb.Error as error:
        raise PublishError(f"cannot copy from {database}: {str(error).splitlines()[0]}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    for entry in store.iterdir():
        if entry.resolve() not in (folder.resolve(), before):
            shutil.rmtree(entry, ignore_errors=True)
    return sorted(relations)


def main(arguments=None):
    """Publish from the command line; 0 when published, 1 with one line when not."""
    argparse.ArgumentParser(prog="python -m tools.publish", description=__doc__).parse_args(
        arguments
    )
    try:
        names = publish()
    except PublishError as error:
        print(f"crm_cltv: not published: {error}", file=sys.stderr)
        return 1
    print(f"published {len(names)} marts to {exports_path()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
