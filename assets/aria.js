// What Dash's radio buttons and dropdowns tell a screen reader. dash 4.4 marks a row of radio buttons
// as a list box of options with inputs in them, which has no name and may not be nested, and leaves
// a hidden input in the order of tabs; axe-core counts both as violations of WCAG 2.0 A (4.1.2).
(() => {
  "use strict";

  function nameRadios(list) {
    if (list.getAttribute("role") !== "radiogroup") list.setAttribute("role", "radiogroup");
    const name = list.closest("[role=group]")?.getAttribute("aria-label");
    if (name && list.getAttribute("aria-label") !== name) list.setAttribute("aria-label", name);
    for (const option of list.querySelectorAll("[role=option], [aria-selected]")) {
      option.removeAttribute("role");
      option.removeAttribute("aria-selected");
    }
  }

  function mend() {
    document.querySelectorAll(".dash-radioitems").forEach(nameRadios);
    for (const input of document.querySelectorAll(".dash-dropdown-focus-target[tabindex='0']")) {
      input.tabIndex = -1;
    }
  }

  let asked = 0;
  // React sets an attribute again when it changes, so once is not enough.
  const observer = new MutationObserver(() => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      mend();
    });
  });
  observer.observe(document.documentElement, {
    childList: true,
    subtree: true,
    attributeFilter: ["role", "aria-selected", "tabindex"],
  });
})();
