// The page of labels: rows lead to the history of a concept, its id to the concept.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const components = (window.dashAgGridComponentFunctions ??= {});
  const make = (...content) => window.React.createElement(...content); // React comes later

  /** A row was chosen -> the history of its concept, in the address. */
  functions.chooseLabel = (rows) => {
    const of = rows?.[0]?.concept;
    if (of && of !== scconcepts.here().choices.of) scconcepts.navigate({ choices: { of } });
    return window.dash_clientside.no_update;
  };

  /** Names the field of the upload, which Dash leaves without one. */
  functions.nameUpload = () => {
    const name = () => {
      const field = document.querySelector("#labels-upload input");
      field?.setAttribute("aria-label", "File of labels");
      return Boolean(field);
    };
    if (name()) return window.dash_clientside.no_update;
    // Dash loads the upload late, or the reader goes elsewhere before.
    const isOver = () => scconcepts.here().page !== "labels" || name();
    const observer = new MutationObserver(() => isOver() && observer.disconnect());
    observer.observe(document.body, { childList: true, subtree: true });
    return window.dash_clientside.no_update;
  };

  components.SavedLabel = ({ data }) =>
    make(
      "span",
      { className: data.label ? "sc-cell-label" : "sc-muted" },
      data.label || "(label taken back)",
    );

  components.LabelledConcept = ({ data }) => {
    const place = { page: "workspace", store: scconcepts.here().store, concept: data.concept };
    const open = (event) => {
      event.stopPropagation();
      if (!scconcepts.isPlain(event)) return;
      event.preventDefault();
      scconcepts.visit("workspace", { concept: data.concept });
    };
    return make(
      "a",
      { className: "sc-cell-link", href: scconcepts.addressOf(place), onClick: open },
      make("b", {}, data.concept),
      ` ${data.proposed}`,
    );
  };
})();
