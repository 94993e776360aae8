// What Python puts before the modules: `script.py` and `page.py`.
declare const SOURCE: import("./network.js").Source;
declare const ENGINE: string;
declare const STATE: Record<string, any>;
