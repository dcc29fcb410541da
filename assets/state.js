// The address is the state: reads it, writes it, and keeps table and controls in step with it.
(() => {
  "use strict";
  const scconcepts = (window.scconcepts ??= {});
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const keep = () => window.dash_clientside.no_update;

  function prefix() {
    const config = document.getElementById("_dash-config");
    return (config && JSON.parse(config.textContent).requests_pathname_prefix) || "/";
  }

  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  let served = null; // {stores: [keys], first: key}
  let target = null; // where the last step leads, until the address says so itself

  /**
   * {page, path, store, concept, choices} of an address. `page` is null where the address belongs
   * to none; `choices` are those made on the page, by name, all strings.
   */
  function parse(pathname, search) {
    const path = "/" + (pathname ?? "").slice(prefix().length).replace(/\/+$/, "");
    const query = new URLSearchParams(search ?? "");
    const concept = /^\/concept\/([^/]+)$/.exec(path);
    const isStart = path === "/" && !query.has("store") && served?.stores.length > 1;
    const name = /^\/([a-z]+)$/.exec(path)?.[1] ?? null;
    return {
      page: isStart ? "stores" : path === "/" || concept ? "workspace" : name,
      path,
      store: query.get("store") || (served?.first ?? null),
      concept: concept ? decode(concept[1]) : null,
      choices: Object.fromEntries([...query].filter(([key]) => key !== "store")),
    };
  }

  /** The address {pathname, search} of what `parse` returns. */
  function format({ page, store, concept, choices }) {
    const query = new URLSearchParams();
    if (store) query.set("store", store);
    for (const [key, value] of Object.entries(choices ?? {})) {
      if (value !== null && value !== undefined && value !== "") query.set(key, value);
    }
    const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
    const inWorkspace = concept ? `concept/${encodeURIComponent(concept)}` : "";
    const path = page === "workspace" ? inWorkspace : page === "stores" ? "" : page;
    return { pathname: prefix() + path, search: text ? `?${text}` : "" };
  }

  /** The address of a page as a string, for a link. */
  const addressOf = (place) => {
    const { pathname, search } = format(place);
    return pathname + search;
  };

  const here = () => target ?? parse(window.location.pathname, window.location.search);

  /** What stays chosen with another concept: thresholds only where something else is coloured. */
  const carriedOver = ({ range, ...rest }) => (rest.color ? { range, ...rest } : rest);

  function merge(change) {
    const now = here();
    const isOther = change.concept && change.concept !== now.concept;
    const kept = isOther ? carriedOver(now.choices) : now.choices;
    return { ...now, ...change, choices: { ...kept, ...change.choices } };
  }

  /**
   * Goes on from where the reader is without loading the page again: another concept, or another
   * choice. A choice of null is taken out of the address.
   */
  function navigate(change) {
    if (change.concept) scconcepts.dropChoice();
    target = merge(change);
    window.dash_clientside.set_props("url", format(target));
  }

  /** Goes to another page, of the same store unless one is named, with no choices but these. */
  function visit(page, { store = here().store, concept = null, choices = {} } = {}) {
    target = { page, store, concept, choices };
    window.dash_clientside.set_props("url", format(target));
  }

  /** Goes to an address of this app, as dcc.Link does. */
  function follow(href) {
    window.history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  /** Writes choices into the address without a step to go back to, as for text being typed. */
  function amend(choices) {
    if (target) target = merge({ choices });
    const { pathname, search } = format(merge({ choices }));
    window.history.replaceState(window.history.state, "", pathname + search);
    // The event by which dcc.Link tells dcc.Location, which else would go back to what it knows.
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  /**
   * Address -> [route, selection, choices], each only where it changed: the page is built again for
   * another page or store, its panels are filled again for another concept.
   */
  functions.readAddress = (pathname, search, stores, ...had) => {
    served = stores;
    const isTurnedBack = target !== null && addressOf(target) !== pathname + (search ?? "");
    target = null;
    const { page, path, store, concept, choices } = parse(pathname, search);
    const route = { page, store, path: page === "workspace" ? "/" : path };
    // For styles: what is on the page is dear to ask in CSS, as every change below asks again.
    document.body.dataset.page = page ?? "";
    // What failed before belongs to what was shown before.
    window.dash_clientside.set_props("notice", { children: "" });
    const found = [route, { page, store, concept }, choices];
    // After a step that was gone back from before it was read here, nothing seems to have changed,
    // but the controls show the step: they are told again what holds. The page needs no building.
    const tells = (value, i) => !same(value, had[i]) || (isTurnedBack && i > 0);
    return found.map((value, i) => (tells(value, i) ? value : keep()));
  };

  /** Whether the page is still (or already) the workspace of the store which the address names. */
  const belongs = (selection, config) =>
    Boolean(selection && config) && selection.page === "workspace" && selection.store === config.store;

  /** Title of a page -> the title of the browser's tab; the workspace names its concept itself. */
  functions.titlePage = (title) => {
    if (title) document.title = title;
    return keep();
  };

  /** The table of concepts; null on other pages. */
  function table() {
    try {
      return window.dash_ag_grid?.getApi("concepts") ?? null;
    } catch {
      return null;
    }
  }

  /** Whether a click asks for nothing but to go there: no other tab, no other window. */
  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);

  const counted = new WeakSet(); // tables whose count is kept in step

  /** Text in the search box -> the rows that are left. */
  functions.filterRows = (text) => {
    window.dash_ag_grid?.getApiAsync("concepts").then((api) => {
      if (!counted.has(api)) {
        counted.add(api);
        api.addEventListener("filterChanged", () => count(api));
      }
      api.setGridOption("quickFilterText", text ?? "");
      count(api);
    });
    return keep();
  };

  function count(api) {
    let all = 0;
    api.forEachNode(() => (all += 1));
    const left = api.getDisplayedRowCount();
    const text = (n) => n.toLocaleString("en-US");
    const words = left === all ? text(all) : `${text(left)} of ${text(all)}`;
    window.dash_clientside.set_props("concept-count", { children: words });
  }

  /** Another store was chosen -> its workspace. */
  functions.chooseStore = (store, selection) => {
    if (store && selection && store !== selection.store) visit("workspace", { store });
    return keep();
  };

  Object.assign(scconcepts, {
    navigate, visit, amend, belongs, here, addressOf, carriedOver, follow, prefix, table, isPlain,
  });
})();
