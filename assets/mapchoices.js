// Writes what the reader does on a map into the address, for maps that say so in their spec.
(() => {
  "use strict";

  function remember(event, choices) {
    const remembers = window.scconcepts.map?.specOf(event.target.id)?.remembers ?? [];
    const kept = Object.entries(choices).filter(([name]) => remembers.includes(name));
    if (kept.length) window.scconcepts.navigate({ choices: Object.fromEntries(kept) });
  }

  document.addEventListener("scconcepts:choice", (event) => remember(event, event.detail));
  document.addEventListener("scconcepts:selected", (event) => remember(event, { sel: event.detail.sel }));
})();
