// Fetches payloads: one request a url at a time, the last few kept, abandoned ones aborted.
(() => {
  "use strict";
  const parts = ((window.scconcepts ??= {}).mapParts ??= {});
  const MAX_BYTES = 96 * 1024 * 1024;

  class PayloadCache {
    constructor(maxBytes = MAX_BYTES) {
      this.maxBytes = maxBytes;
      this.kept = new Map(); // url -> ArrayBuffer; a Map iterates oldest first
      this.underway = new Map(); // url -> {promise, controller, waiting}
      this.bytes = 0;
    }

    /** Resolves with the bytes at `url`; aborting `signal` gives this caller's interest up. */
    load(url, signal) {
      const kept = this.kept.get(url);
      if (kept) {
        this.kept.delete(url);
        this.kept.set(url, kept);
        return Promise.resolve(kept);
      }
      const request = this.underway.get(url) ?? this.#start(url);
      request.waiting += 1;
      if (!signal) return request.promise;
      return Promise.race([request.promise, this.#whenAborted(url, request, signal)]);
    }

    /** Loads in advance; a failure is left to the caller that really needs the bytes. */
    prefetch(url, signal) {
      this.load(url, signal).catch(() => {});
    }

    #start(url) {
      const controller = new AbortController();
      const request = { controller, waiting: 0 };
      request.promise = fetchBytes(url, controller.signal)
        .then((buffer) => {
          this.#keep(url, buffer);
          return buffer;
        })
        .finally(() => {
          if (this.underway.get(url) === request) this.underway.delete(url);
        });
      // Whoever still waits sees the failure; an aborted request may have nobody left.
      request.promise.catch(() => {});
      this.underway.set(url, request);
      return request;
    }

    #whenAborted(url, request, signal) {
      return new Promise((_, reject) => {
        const giveUp = () => {
          request.waiting -= 1;
          if (request.waiting === 0 && this.underway.get(url) === request) {
            this.underway.delete(url);
            request.controller.abort();
          }
          reject(new DOMException("superseded", "AbortError"));
        };
        if (signal.aborted) giveUp();
        else signal.addEventListener("abort", giveUp, { once: true });
      });
    }

    #keep(url, buffer) {
      if (buffer.byteLength > this.maxBytes || this.kept.has(url)) return;
      this.kept.set(url, buffer);
      this.bytes += buffer.byteLength;
      for (const [oldest, old] of this.kept) {
        if (this.bytes <= this.maxBytes) break;
        this.kept.delete(oldest);
        this.bytes -= old.byteLength;
      }
    }
  }

  async function fetchBytes(url, signal) {
    let response;
    try {
      response = await fetch(url, { signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new parts.PayloadError("the server could not be reached");
    }
    if (!response.ok) throw new parts.PayloadError(`the server answered ${response.status}`);
    return response.arrayBuffer();
  }

  Object.assign(parts, { PayloadCache });
})();
