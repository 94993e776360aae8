// @ts-check
// An extension of JupyterLab, written as its loader wants it, so that nothing has to be built.
// It shows one line above the page: whether the notebook was downloaded since it changed, the button that downloads
// it, and what endangers the work: a save that fails, a second tab, a Python that cannot be loaded.
"use strict";

(() => {
  const NAME = "mlp-course-site";
  const KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel";
  const WORDS = {
    given: () => "Your work stays in this browser, on this machine: download it to hand it in.",
    downloaded: (name) => `${name}: downloaded as it is. Hand in the file from your folder of downloads.`,
    changed: (name) => `${name} has changed, and is in this browser alone: download it before you leave.`,
    unsaved: (name) =>
      `${name} cannot be saved: this browser's storage is full, or closed to this page. ` +
      "Nothing is lost while this page is open: download it now.",
    twice: (name) =>
      `${name} is open in another tab too, and the tab that saves last wins: download it here, and close one of the two.`,
    python: (address) =>
      `Python cannot be loaded from ${address}: connect to the network, and reload this page. You can read and write meanwhile.`,
    type: (type) =>
      `Python cannot be loaded: this server sends files .mjs as ${type}, not as text/javascript. Tell your instructor.`,
  };
  const STYLE = `
    .mlp-course-bar { display: flex; align-items: center; gap: 12px; padding: 4px 12px; min-height: 32px;
      box-sizing: border-box; background: #e8f1fb; color: #10243c; border-bottom: 1px solid #9fb8d3; }
    .mlp-course-bar[data-level="warning"] { background: #fff0d9; color: #4a2a00; }
    .mlp-course-bar span { flex: 1; font-size: 13px; line-height: 1.3; }
    .mlp-course-bar button { font: inherit; font-weight: 600; padding: 3px 14px; border: 1px solid #0b5cad;
      border-radius: 3px; background: #0b5cad; color: white; cursor: pointer; }
    .mlp-course-bar button:disabled { opacity: 0.4; cursor: default; }
    .mlp-course-bar button:focus-visible { outline: 2px solid #10243c; outline-offset: 2px; }`;

  /** What is known of an open notebook. */
  class Notebook {
    constructor(context) {
      this.context = context;
      this.hasFailed = false;
      this.isTwice = false;
    }

    get path() {
      return this.context.path;
    }

    get name() {
      return this.path.split("/").pop();
    }

    /** The key under which the browser remembers what was downloaded, or given. */
    get key() {
      return `${NAME}:${location.pathname}:${this.path}`;
    }

    /** A digest of what a student wrote, without what running it showed. */
    get answers() {
      const cells = this.context.model.sharedModel.cells;
      return digest(JSON.stringify(cells.map((cell) => [cell.id, cell.cell_type, cell.getSource()])));
    }

    /** Remember the notebook as it was given, unless something is known of it. */
    begin() {
      if (remembered(this.key) === null) {
        remember(this.key, `given ${this.answers}`);
      }
    }

    /** One of "given", "downloaded" and "changed". */
    get state() {
      const known = remembered(this.key);
      if (known === null) {
        return "given"; // it is still being opened
      }
      const [word, answers] = known.split(" ");
      return answers === this.answers ? word : "changed";
    }

    /** Download the notebook as it stands on the page, whatever becomes of saving it. */
    download() {
      const text = JSON.stringify(this.context.model.toJSON(), null, 1) + "\n";
      const address = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
      const link = document.createElement("a");
      link.href = address;
      link.download = this.name;
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      remember(this.key, `downloaded ${this.answers}`);
      if (!this.hasFailed) {
        this.context.save().catch(() => {}); // the line says it
      }
    }
  }

  function digest(text) {
    let hash = 5381;
    for (let i = 0; i < text.length; i++) {
      hash = (Math.imul(hash, 33) ^ text.charCodeAt(i)) >>> 0;
    }
    return `${text.length}-${hash}`;
  }

  const memory = new Map(); // for a browser that keeps nothing

  function remembered(key) {
    try {
      return localStorage.getItem(key) ?? memory.get(key) ?? null;
    } catch {
      return memory.get(key) ?? null;
    }
  }

  function remember(key, value) {
    memory.set(key, value);
    try {
      localStorage.setItem(key, value);
    } catch {
      // memory has it while the page is open
    }
  }

  /** The line above the page. */
  class Bar {
    constructor() {
      this.node = document.createElement("div");
      this.node.className = "mlp-course-bar";
      this.node.setAttribute("role", "status");
      this.words = document.createElement("span");
      this.button = document.createElement("button");
      this.button.textContent = "Download";
      this.node.append(this.words, this.button);
      const style = document.createElement("style");
      style.textContent = STYLE;
      document.head.append(style);
    }

    show(words, isWarning, hasNotebook) {
      this.words.textContent = words;
      this.node.dataset.level = isWarning ? "warning" : "info";
      this.button.disabled = !hasNotebook;
    }
  }

  /** Tells other tabs which notebooks this one has open, and hears theirs. */
  class Tabs {
    constructor(notebooks, refresh) {
      this.notebooks = notebooks;
      this.refresh = refresh;
      this.id = Math.random().toString(36).slice(2);
      this.channel = new BroadcastChannel(`${NAME}:${location.pathname}`);
      this.channel.onmessage = ({ data }) => this.hear(data);
      window.addEventListener("pagehide", () => this.say("closed", [...this.notebooks].map((one) => one.path)));
    }

    say(word, paths) {
      this.channel.postMessage({ word, paths, from: this.id });
    }

    hear({ word, paths }) {
      const answer = { opened: "open", closed: "opened" }[word]; // when one of three closes, the third speaks up
      for (const notebook of this.notebooks) {
        if (paths.includes(notebook.path)) {
          notebook.isTwice = word !== "closed";
          if (answer) {
            this.say(answer, [notebook.path]);
          }
        }
      }
      this.refresh();
    }
  }

  /** Return what keeps Python from being loaded, in words; nothing if it can be. */
  async function troubleWithPython() {
    const config = JSON.parse(document.getElementById("jupyter-config-data").textContent || "{}");
    const settings = (config.litePluginSettings || {})[KERNEL] || {};
    const address = new URL(settings.pyodideUrl, config.baseUrl ? new URL(config.baseUrl, location.href) : location.href);
    try {
      const answer = await fetch(address.href);
      const type = answer.headers.get("Content-Type") ?? "something else";
      if (answer.ok) {
        return type.includes("javascript") ? "" : WORDS.type(type); // browsers run no module of another type
      }
    } catch {
      // said below
    }
    return WORDS.python(address.host);
  }

  function activate(app, Widget) {
    const notebooks = new Set();
    const bar = new Bar();
    let trouble = "";

    const current = () => {
      const context = app.shell.currentWidget?.context;
      return [...notebooks].find((notebook) => notebook.context === context) ?? [...notebooks].at(-1);
    };
    const refresh = () => {
      const notebook = current();
      if (!notebook) {
        bar.show(trouble || WORDS.given(), Boolean(trouble), false);
      } else if (notebook.hasFailed) {
        bar.show(WORDS.unsaved(notebook.name), true, true);
      } else if (notebook.isTwice) {
        bar.show(WORDS.twice(notebook.name), true, true);
      } else if (trouble) {
        bar.show(trouble, true, true);
      } else {
        bar.show(WORDS[notebook.state](notebook.name), notebook.state === "changed", true);
      }
    };
    let waiting = 0;
    const refreshSoon = () => {
      clearTimeout(waiting);
      waiting = setTimeout(refresh, 200); // typing does not wait for a digest
    };
    const tabs = new Tabs(notebooks, refresh);

    app.docRegistry.addWidgetExtension("Notebook", {
      createNew: (panel, context) => {
        const notebook = new Notebook(context);
        notebooks.add(notebook);
        context.ready.then(() => {
          notebook.begin();
          context.model.contentChanged.connect(refreshSoon);
          tabs.say("opened", [notebook.path]);
          refresh();
        });
        context.saveState.connect((_, state) => {
          notebook.hasFailed = state === "failed" || (notebook.hasFailed && state !== "completed");
          refresh();
        });
        panel.disposed.connect(() => {
          notebooks.delete(notebook);
          tabs.say("closed", [notebook.path]);
          refresh();
        });
      },
    });
    bar.button.addEventListener("click", () => {
      current()?.download();
      refresh();
    });
    app.shell.currentChanged?.connect(refresh);
    window.addEventListener("beforeunload", (event) => {
      if ([...notebooks].some((notebook) => notebook.state === "changed")) {
        event.preventDefault();
      }
    });
    app.shell.add(Object.assign(new Widget({ node: bar.node }), { id: NAME }), "header", { rank: 100 });
    refresh();
    navigator.storage?.persist?.(); // so that a browser short of room does not clear this page's storage
    troubleWithPython().then((words) => {
      trouble = words;
      refresh();
    });
  }

  let scope;
  async function shared(name) {
    const versions = Object.values(scope[name]);
    return (await versions[0].get())();
  }

  const containers = (window["_JUPYTERLAB"] ??= {});
  containers[NAME] = {
    init: (shareScope) => {
      scope = shareScope;
    },
    get: async () => {
      const { Widget } = await shared("@lumino/widgets");
      const plugin = { id: `${NAME}:plugin`, autoStart: true, activate: (app) => activate(app, Widget) };
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
