// Says so when the server does not answer, waits until it does, and asks again for what was missed.
(() => {
  "use strict";
  const FIRST_MS = 1000;
  const LONGEST_MS = 8000;
  const original = window.fetch;
  // "id.property" -> {id, property}: what changed and no callback has answered yet
  const missed = new Map();
  let timer = null;

  function tell(failed) {
    const notice = document.getElementById("connection");
    if (notice) notice.hidden = !failed;
  }

  /** What a request of Dash was sent for: [{id, property, value}]. A click is not a value. */
  function changes(body) {
    try {
      const { inputs, changedPropIds } = JSON.parse(body);
      return inputs
        .flat()
        .filter(({ id, property }) => changedPropIds.includes(`${id}.${property}`))
        .filter(({ id, property }) => typeof id === "string" && !property.startsWith("n_clicks"));
    } catch {
      return [];
    }
  }

  const nameOf = ({ id, property }) => `${id}.${property}`;

  function miss(body) {
    for (const change of changes(body)) missed.set(nameOf(change), change);
    tell(true);
    if (timer === null) wait(FIRST_MS);
  }

  function answer(body) {
    for (const change of changes(body)) missed.delete(nameOf(change));
    if (timer !== null) recover();
  }

  function wait(milliseconds) {
    timer = setTimeout(async () => {
      const lives = await original(`${window.scconcepts.prefix()}_dash-layout`, { cache: "no-store" }).then(
        (response) => response.ok,
        () => false,
      );
      if (timer === null) return; // something else was answered meanwhile
      if (lives) recover();
      else wait(Math.min(2 * milliseconds, LONGEST_MS));
    }, milliseconds);
  }

  function recover() {
    clearTimeout(timer);
    timer = null;
    tell(false);
    const again = [...missed.values()];
    missed.clear();
    for (const { id, property } of again) {
      // As it is now: the reader may have gone on since.
      const props = window.dash_component_api.getLayout(id)?.props;
      if (props) window.dash_clientside.set_props(id, { [property]: props[property] });
    }
    window.scconcepts?.map?.get("cell-map")?.jobs.fault?.retry();
  }

  window.fetch = async (...args) => {
    const url = String(args[0]?.url ?? args[0]);
    if (!url.includes("_dash-update-component")) return original(...args);
    const body = args[1]?.body;
    try {
      const response = await original(...args);
      if (response.status >= 500) miss(body);
      else answer(body);
      return response;
    } catch (error) {
      miss(body);
      throw error;
    }
  };
})();
