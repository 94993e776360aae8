// @ts-check
// Shows how far the course's run is, and the page anew when one begins or ends. The server has all the words.
// It is no module: a Hub would ask the browser for a token before it handed one out.
"use strict";

(() => {
  /**
   * What the server says of the last run.
   * @typedef {{run: string, progress: string, done: number, total: number, log: string, going_on: boolean}} Run
   */

  const WHILE_GOING_ON = 1000; // milliseconds from one question to the next
  const OTHERWISE = 5000;
  const address = document.body.dataset.address ?? "";

  /** @param {string} selector */
  function element(selector) {
    return /** @type {HTMLElement} */ (document.querySelector(selector));
  }

  const panel = element("#run");
  const bar = /** @type {HTMLProgressElement} */ (element("#run progress"));
  const log = element("#log");
  const token = /** @type {HTMLInputElement} */ (element("input[name=_xsrf]")).value;

  /** @param {Run} run */
  function show(run) {
    element("#counts").textContent = run.progress;
    if (run.total) {
      bar.max = run.total;
      bar.value = run.done;
    }
    if (log.textContent !== run.log) {
      log.textContent = run.log;
      element("#run details").hidden = !run.log;
      log.scrollTop = log.scrollHeight;
    }
  }

  /** Ask the server, show its answer, and ask again later. */
  async function follow() {
    let wait = OTHERWISE;
    if (!document.hidden) {
      try {
        const reply = await fetch(`${address}/state`, { headers: { "X-XSRFToken": token } });
        if (reply.ok) {
          const run = /** @type {Run} */ (await reply.json());
          if (panel.dataset.run !== run.run) {
            location.replace(address); // not a reload, which might send a form again
            return;
          }
          show(run);
          wait = run.going_on ? WHILE_GOING_ON : OTHERWISE;
        }
      } catch {
        // the server is away for a moment: ask again
      }
    }
    setTimeout(follow, wait);
  }

  log.scrollTop = log.scrollHeight;
  void follow();
})();
