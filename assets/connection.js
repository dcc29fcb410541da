// Says so when the server does not answer: the panels then still show what was asked for before.
(() => {
  "use strict";
  const original = window.fetch;

  function tell(failed) {
    const notice = document.getElementById("connection");
    if (notice) notice.hidden = !failed;
  }

  window.fetch = async (...args) => {
    const url = String(args[0]?.url ?? args[0]);
    if (!url.includes("_dash-update-component")) return original(...args);
    try {
      const response = await original(...args);
      tell(response.status >= 500);
      return response;
    } catch (error) {
      tell(true);
      throw error;
    }
  };
})();
