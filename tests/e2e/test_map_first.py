"""After a click on a concept the map is painted first; panels that wait for it never wait long."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.e2e

PATIENCE_MS = 250  # as in assets/colorby.js
# Below the assets, which wrap fetch later: what is noted here was really sent.
_NOTE = """
window.order = [];
const note = (what) => window.order.push([what, performance.now()]);
document.addEventListener("scconcepts:painted", () => note("painted"));
const send = window.fetch;
window.fetch = (...args) => {
  if (String(args[1]?.body).includes('"changedPropIds":["selection.data"]')) {
    note("panel");
  }
  return send(...args);
};
"""


def test_the_map_is_painted_before_panels_are_asked_for(visit):
    visitor = visit(fresh=True)
    visitor.page.add_init_script(_NOTE)
    visitor.open_concept("/concept/c0002?store=fixture", "c0002")
    for concept in ("c0005", "c0003", "c0006"):
        start = visitor.page.evaluate(
            "() => { window.order.length = 0; return performance.now(); }"
        )
        visitor.page.click(f"#concepts .ag-row[row-id={concept}]")
        visitor.wait_for_concept(concept)
        order = visitor.page.evaluate("() => window.order")
        panels = [at for what, at in order if what == "panel"]
        painted = next(at for what, at in order if what == "painted")
        assert len(panels) >= 3
        # On a machine too busy to paint in time they go ahead.
        assert painted < panels[0] or panels[0] - start >= PATIENCE_MS


def test_a_map_that_hangs_does_not_hold_up_the_panels(visit):
    visitor = visit().open_concept("/concept/c0002?store=fixture", "c0002")
    visitor.page.route("**/activations/c0005", lambda route: None)  # never answered
    visitor.page.click("#concepts .ag-row[row-id=c0005]")
    visitor.wait_for_concept("c0005")
    assert visitor.page.get_attribute("#cell-map", "data-painted") != "c0005 NK cell"
    visitor.page.unroute("**/activations/c0005")
