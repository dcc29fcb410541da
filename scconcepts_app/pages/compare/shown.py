"""What a comparison is to show, as its address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scconcepts_app.library import OpenedStore
from scconcepts_app.pages.context import Context, pick
from scconcepts_app.views.genes import default_attribution
from scconcepts_app.views.pair import Side
from scconcepts_app.views.set_overview import SetTest, default_test, list_tests


@dataclass(frozen=True)
class Place:
    """One side of the address; `entry` or `concept` is None for what is not there.

    Attributes
    ----------
    store, wanted : key of the store and id of the concept, as the address says.
    """

    store: str
    wanted: str
    entry: OpenedStore | None
    concept: int | None

    def side(self, attribution: str | None) -> Side | None:
        """Return the concept under an attribution, or the default one of its store."""
        if self.entry is None or self.concept is None:
            return None
        store = self.entry.store
        default = default_attribution(store)
        keys = [info.key for info in store.manifest.attributions]
        key = attribution if attribution in keys else (default.key if default else None)
        return Side(store, self.concept, key)


@dataclass(frozen=True)
class Shown:
    """Both sides and the choices that they share; None where the first store has none."""

    entry: OpenedStore
    a: Place
    b: Place
    attribution: str | None
    test: SetTest | None

    @property
    def is_one_store(self) -> bool:
        """Whether both concepts are of one store."""
        return self.a.entry is self.b.entry


def read_shown(context: Context, entry: OpenedStore, choices: Mapping[str, str] | None) -> Shown:
    """Return what an address asks for; `entry` is the store of a side that names none."""
    a, b = (_read_place(context, entry, choices or {}, name) for name in ("a", "b"))
    first = a.entry or entry
    default = default_attribution(first.store)
    keys = [info.key for info in first.store.manifest.attributions]
    tests = list_tests(first.store)
    key = pick(choices, "test", [test.key for test in tests], default_test(first.store))
    return Shown(
        entry=entry,
        a=a,
        b=b,
        attribution=pick(choices, "counterfactual", keys, default.key if default else None),
        test=next((test for test in tests if test.key == key), None),
    )


def _read_place(
    context: Context, entry: OpenedStore, choices: Mapping[str, str], name: str
) -> Place:
    key = choices.get(f"s{name}") or entry.key
    found = context.library.get(key)
    wanted = choices.get(name, "")
    concept = found.store.find_concept(wanted) if found and wanted else None
    return Place(key, wanted, found, concept)
