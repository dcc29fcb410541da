// Lets the map paint before the panels are asked for: filling them keeps the page busy for longer.
(() => {
  "use strict";
  const LONGEST_MS = 400; // a slow map must not hold up everything else
  const original = window.fetch;

  // Whether a colouring was asked for that is not on the screen yet.
  function isPainting() {
    const map = window.scconcepts?.map?.get("cell-map");
    return Boolean(map?.cells && map.stage.painter && map.asked !== null && !map.jobs.fault);
  }

  function painted() {
    return new Promise((done) => {
      const finish = () => {
        clearTimeout(timer);
        document.removeEventListener("scconcepts:painted", finish);
        done();
      };
      const timer = setTimeout(finish, LONGEST_MS);
      document.addEventListener("scconcepts:painted", finish);
    });
  }

  window.fetch = async (...args) => {
    const url = String(args[0]?.url ?? args[0]);
    if (url.includes("_dash-update-component") && isPainting()) await painted();
    return original(...args);
  };
})();
