// Requests of a map by kind (cells, color, names): the newest wins, a failed one can be tried again.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});

  class Jobs {
    /** hooks: {changed(), failed(kind)}. */
    constructor(hooks) {
      this.hooks = hooks;
      this.underway = {}; // kind -> AbortController
      this.faults = {}; // kind -> {text, retry}
    }

    /** Whether what the picture needs is underway; names are no part of it. */
    get busy() {
      return Boolean(this.underway.cells || this.underway.color);
    }

    /** The fault to show: without cells nothing else matters. */
    get fault() {
      return this.faults.cells ?? this.faults.color ?? null;
    }

    /** Gives up the request underway and forgets the fault of the last one. */
    drop(kind) {
      this.underway[kind]?.abort();
      delete this.underway[kind];
      delete this.faults[kind];
    }

    /** A fault that trying again cannot mend. */
    tell(kind, text) {
      this.faults[kind] = { text, retry: null };
    }

    /** Runs work(signal) in place of the request underway; resolves with whether it was done. */
    async run(kind, what, work) {
      this.drop(kind);
      const job = new AbortController();
      this.underway[kind] = job;
      this.hooks.changed();
      try {
        await work(job.signal);
        return true;
      } catch (error) {
        if (job.signal.aborted) return false;
        const text = `Could not load ${what}: ${error.message}.`;
        this.faults[kind] = { text, retry: () => this.run(kind, what, work) };
        this.hooks.failed(kind);
        if (!(error instanceof parts.PayloadError)) throw error; // a fault of ours: to the console
        return false;
      } finally {
        if (this.underway[kind] === job) {
          delete this.underway[kind];
          this.hooks.changed();
        }
      }
    }

    stop() {
      this.hooks = { changed: () => {}, failed: () => {} };
      for (const kind of Object.keys(this.underway)) this.drop(kind);
    }
  }

  Object.assign(parts, { Jobs });
})();
