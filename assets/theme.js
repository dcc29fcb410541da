// Light or dark: on <html data-theme> before the first paint, then in every figure and the map.
(() => {
  "use strict";
  const functions = ((window.dash_clientside ??= {}).scconcepts ??= {});
  const KEY = "scconcepts-theme";
  const root = document.documentElement;

  function remember(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Private windows may refuse: the choice then lasts as long as the page.
    }
  }

  /** Clicks on the switch -> the theme. Without a click, the one the page began with. */
  functions.switchTheme = (nClicks) => {
    const now = root.dataset.theme === "dark" ? "dark" : "light";
    if (!nClicks) return now;
    const theme = now === "dark" ? "light" : "dark";
    root.dataset.theme = theme;
    root.dataset.agThemeMode = theme;
    remember(theme);
    return theme;
  };
})();
