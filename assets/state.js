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

  /** {page, store, concept, color} of an address; null where it says nothing. */
  function parse(pathname, search) {
    const path = "/" + (pathname ?? "").slice(prefix().length).replace(/\/+$/, "");
    const query = new URLSearchParams(search ?? "");
    const concept = /^\/concept\/([^/]+)$/.exec(path);
    const page = path === "/" || concept ? "workspace" : path === "/methods" ? "methods" : "unknown";
    return {
      page,
      path,
      store: query.get("store"),
      concept: concept ? decode(concept[1]) : null,
      color: query.get("color") ?? "concept",
    };
  }

  /** Goes to a concept or colouring without loading the page again. */
  function navigate(selection, change) {
    const next = { ...selection, ...change };
    const query = new URLSearchParams();
    if (next.store) query.set("store", next.store);
    if (next.color && next.color !== "concept") query.set("color", next.color);
    const text = query.toString().replaceAll("%3A", ":");
    const path = next.concept ? `concept/${encodeURIComponent(next.concept)}` : "";
    window.dash_clientside.set_props("url", {
      pathname: prefix() + path,
      search: text ? `?${text}` : "",
    });
  }

  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  /** Address -> [route, selection]. The page is built again only when page or store changed. */
  functions.readAddress = (pathname, search, oldRoute, oldSelection) => {
    const { page, path, store, concept, color } = parse(pathname, search);
    const route = { page, store, path: page === "unknown" ? path : null };
    const selection = { store, concept, color };
    // What failed before belongs to what was shown before.
    window.dash_clientside.set_props("notice", { children: "" });
    return [
      same(route, oldRoute) ? keep() : route,
      same(selection, oldSelection) ? keep() : selection,
    ];
  };

  /** Whether the page is still (or already) that of the store which the address names. */
  const belongs = (selection, config) =>
    Boolean(selection && config) && (selection.store || config.defaultStore) === config.store;

  /** A row was selected -> the address. */
  functions.selectRow = (rows, selection, config) => {
    const id = rows?.[0]?.id;
    if (!id || !belongs(selection, config)) return keep();
    if (id !== (selection.concept ?? config.first)) {
      navigate({ ...selection, store: selection.store ?? config.store }, { concept: id });
    }
    return keep();
  };

  /** The address -> the marked row, scrolled into view. */
  functions.markRow = (selection, config) => {
    if (belongs(selection, config)) {
      const id = selection.concept ?? config.first;
      window.dash_ag_grid?.getApiAsync("concepts").then((api) => {
        mark(api, id);
        const label = api.getRowNode(id)?.data.label;
        document.title = [id, label, config.title].filter(Boolean).join(" · ");
      });
    }
    return keep();
  };

  function mark(api, id) {
    const node = api.getRowNode(id);
    if (!node) return api.deselectAll();
    if (!node.isSelected()) node.setSelected(true, true);
    if (node.displayed) api.ensureNodeVisible(node);
    return null;
  }

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
    if (store && selection && store !== selection.store) {
      navigate({}, { store });
    }
    return keep();
  };

  Object.assign(scconcepts, { navigate, belongs });
})();
