"""What the tests of the panes share: a selection, and the words of what is answered."""

SHOWN = {
    "tab": "faithfulness",
    "store": "fixture",
    "concept": "c0001",
    "attribution": "neighbours",
    "differential": "inactive",
    "statistic": "z",
    "theme": "light",
}


def words(component) -> str:
    if isinstance(component, (list, tuple)):
        return " ".join(words(child) for child in component)
    return component if isinstance(component, str) else words(component.children or "")


def message(figure) -> str:
    (note,) = figure.layout.annotations
    return note.text.replace("<br>", " ")
