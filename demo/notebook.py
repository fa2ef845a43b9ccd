"""The headline as a marimo notebook: ``marimo run demo/notebook.py``, or ``edit`` to change it.

It shows the newest take, or the declared example if there is none. marimo is not one of this
project's packages: ``pip install marimo``. In a Jupyter cell, the same is
``from twoclocks import load; load("results.json").slide()``.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="twoclocks")


@app.cell
def _():
    from pathlib import Path

    import marimo as mo

    from harness import load

    return Path, load, mo


@app.cell
def _(Path, mo):
    home = Path(__file__).resolve().parent.parent
    taken = (home / "recordings" / "latest" / "results.json").is_file()
    path = mo.ui.text(
        "recordings/latest" if taken else "demo/examples/nightly-retrain.toml",
        label="results",
        full_width=True,
    )
    path  # noqa: B018
    return home, path


@app.cell
def _(home, load, path):
    take = load(home / path.value)
    take.slide()
    return (take,)


@app.cell
def _(take):
    take.table()
    return


@app.cell
def _(take):
    take.figures()
    return


@app.cell
def _(mo, take):
    if mo.app_meta().mode == "script":
        print(take.slide(), take.table(), sep="\n")
    return


if __name__ == "__main__":
    app.run()
