"""Choices on a page that stand in its address, so that a link shows what its sender saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc
from dash.development.base_component import Component

from scconcepts_app.components import ids


def bind_choices(
    page: str, store: str, layout: Component, choices: Mapping[str, str], names: Mapping[str, str]
) -> list[dcc.Store]:
    """Give the choices in `layout` the values of the address, and return what the browser needs.

    A value that a choice does not offer is ignored: the address may come from another store.

    Parameters
    ----------
    page, store : what is built, as in the address.
    layout : the page, of which the choices are changed in place.
    choices : those in the address.
    names : id of a component with a ``value`` -> its name in the address. A component without
        ``options`` takes any text.
    """
    found = []
    for component in layout._traverse():
        name = names.get(getattr(component, "id", None) or "")
        if name is None:
            continue
        is_text = isinstance(component, dcc.Input)
        values = _values_of(component)
        default = getattr(component, "value", "" if is_text else None)
        found.append(
            {
                "id": component.id,
                "name": name,
                "default": default,
                "values": values,
                "isText": is_text,
            }
        )
        wanted = choices.get(name)
        if wanted is not None and (values is None or wanted in values):
            component.value = wanted
    data = {"page": page, "store": store, "choices": _in_order(found, names)}
    return [
        dcc.Store(id=ids.bindings_of(page), data=data),
        *[dcc.Store(id=f"{ids.bindings_of(page)}-{effect}") for effect in ("remember", "recall")],
    ]


def register_bindings(app: Dash, page: str, names: Mapping[str, str]) -> None:
    """Register what keeps the choices `names` of a page and its address in step.

    Every component of `names` must be on the page: Dash runs a callback only then.
    """
    bindings = State(ids.bindings_of(page), "data")
    app.clientside_callback(
        ClientsideFunction("scconcepts", "rememberChoices"),
        Output(f"{ids.bindings_of(page)}-remember", "data"),
        *[Input(control, "value") for control in names],
        bindings,
        State(ids.SELECTION, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("scconcepts", "recallChoices"),
        Output(f"{ids.bindings_of(page)}-recall", "data"),
        Input(ids.CHOICES, "data"),
        State(ids.SELECTION, "data"),
        bindings,
        *[State(control, "value") for control in names],
        prevent_initial_call=True,
    )


def _values_of(component: Component) -> list[Any] | None:
    options = getattr(component, "options", None)
    if options is None:
        return None
    return [option["value"] if isinstance(option, dict) else option for option in options]


def _in_order(found: list[dict[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Order the choices as the callbacks list them."""
    place = list(names)
    return sorted(found, key=lambda choice: place.index(choice["id"]))
