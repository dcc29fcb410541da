// How cells of the tables look: two-line concepts, numbers, warnings.
(() => {
  "use strict";
  const components = (window.dashAgGridComponentFunctions ??= {});
  const functions = (window.dashAgGridFunctions ??= {});
  const make = (type, className, ...children) =>
    window.React.createElement(type, { className }, ...children);
  const MISSING = "—";

  const fixed = (value, digits) =>
    value == null ? MISSING : value.toFixed(digits).replace("-", "\u2212");

  functions.scFixed = fixed;
  functions.scP = (value) => {
    if (value == null) return MISSING;
    if (value < 1e-300) return "< 1e-300";
    return value >= 0.01 ? value.toFixed(3) : value.toExponential(1);
  };

  function share(value) {
    if (value == null) return MISSING;
    const percent = 100 * value;
    if (percent > 0 && percent < 0.1) return "< 0.1 %";
    return `${fixed(percent, Math.abs(percent) < 10 ? 1 : 0)} %`;
  }

  components.ConceptCell = ({ data }) =>
    make(
      "div",
      "sc-cell",
      make(
        "div",
        "sc-cell-line",
        make("span", data.author ? "sc-cell-label is-expert" : "sc-cell-label", data.label),
        data.author ? make("span", "sc-cell-mark", "✓") : null,
      ),
      make(
        "div",
        "sc-cell-sub",
        make("b", "", data.id),
        " ",
        data.is_latent ? make("i", "", "did not recur") : data.genes.join(" "),
      ),
    );

  components.ShareCell = ({ data }) =>
    make(
      "div",
      "sc-cell",
      make("div", "sc-cell-line", share(data.share)),
      make("div", "sc-cell-sub", data.n_active.toLocaleString("en-US")),
    );

  components.CategoryCell = ({ data }) =>
    make(
      "div",
      "sc-cell",
      make("div", "sc-cell-line", make("span", "sc-cell-text", data.category ?? MISSING)),
      make("div", "sc-cell-sub", `F1 ${fixed(data.f1, 2)}`),
    );

  functions.scInterval = ({ stability, stability_low: low, stability_high: high, is_latent: hidden }) => {
    if (hidden) return "Not measured: it belongs to one seed";
    const interval = low == null || high == null ? "" : `, 90 % interval ${fixed(low, 2)} to ${fixed(high, 2)}`;
    return `Stability ${fixed(stability, 2)}${interval}`;
  };

  components.StabilityCell = ({ data }) =>
    make(
      "div",
      "sc-cell",
      make(
        "div",
        data.flags.includes("unstable") ? "sc-cell-line is-low" : "sc-cell-line",
        fixed(data.stability, 2),
      ),
      make("div", "sc-cell-sub", "\u00a0"),
    );

  // The table shows the grades of the counterfactual that the gene panel shows.
  function gradeOf({ grades }) {
    const key = window.scconcepts?.attribution ?? Object.keys(grades)[0];
    return grades[key] ?? null;
  }

  functions.scShare = share;
  functions.scGrade = (params) => gradeOf(params.data);

  /** A first; what has no grade comes last, whichever way the table is sorted. */
  functions.scGradeOrder = (a, b, nodeA, nodeB, isDescending) => {
    if (a === b) return 0;
    if (a == null || b == null) return (a == null) === Boolean(isDescending) ? -1 : 1;
    return a < b ? -1 : 1;
  };

  components.GradeCell = ({ data }) => {
    const grade = gradeOf(data);
    const className = `sc-grade is-${(grade ?? "none").toLowerCase()}`;
    return make("div", "sc-cell", make("div", "", make("span", className, grade ?? MISSING)));
  };

  /** Words with arrows before them; what the arrows say is said in words as well. */
  components.MarkedCell = ({ value, data, colDef }) => {
    const { createElement } = window.React;
    const [arrows, told] = [data[`${colDef.field}_arrows`], data[`${colDef.field}_told`]];
    if (!arrows) return createElement("span", { title: told }, value);
    return createElement(
      "span",
      { title: told },
      createElement("span", { "aria-hidden": true }, `${arrows} ${value}`),
      make("span", "sc-unseen", told),
    );
  };

  const markOf = ({ href, title }) =>
    window.React.createElement(
      "a",
      { className: "sc-set-out", href, title, "aria-label": title, target: "_blank", rel: "noopener noreferrer" },
      "↗",
    );

  // The dot tells the quadrant where its own column is out of sight; the hook, what it stands within.
  components.SetCell = ({ data }) =>
    make(
      "span",
      data.within ? "sc-set-line is-within" : "sc-set-line",
      make(
        "span",
        data.quadrant ? `sc-set-text sc-quadrant is-${data.quadrant.replaceAll(" ", "-")}` : "sc-set-text",
        data.name,
      ),
      data.link ? markOf(data.link) : null,
    );

  components.FlagCell = ({ data }) =>
    data.flags.length
      ? make(
          "div",
          "sc-cell",
          make("div", "sc-cell-line sc-cell-flag", `${data.flags.length}`),
          make("div", "sc-cell-sub", "\u00a0"),
        )
      : null;
})();
