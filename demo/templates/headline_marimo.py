import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="twoclocks")


@app.cell
def _():
    # The headline slide of the newest take; .table() and .figures() show the rest.
    from twoclocks import load

    load("recordings/latest").slide()
    return


if __name__ == "__main__":
    app.run()
