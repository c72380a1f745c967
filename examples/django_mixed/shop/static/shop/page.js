// Asks every URL of the project and fills in the tables. `walked` is a promise of the number of failed rows.

const expect = (good, text) => { if (!good) throw new Error(text); return text; };

async function text(path, options) {
  const response = await fetch(path, options);
  return expect(response.ok, (await response.text()).trim());
}

async function status(path, wanted) {
  const response = await fetch(path);
  await response.arrayBuffer();
  return expect(response.status === wanted, `${response.status}`);
}

async function json(path, wanted, options) {
  const body = await text(path, options);
  const answer = JSON.parse(body);
  return expect(Object.keys(wanted).every(key => answer[key] === wanted[key]), body);
}

async function download(path) {
  const response = await fetch(path);
  let size = 0;
  for (const reader = response.body.getReader();;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
  }
  return expect(size === 4 << 20, `${size} bytes`);
}

async function upload(path) {
  const content = new Uint8Array(1 << 20).map((_, index) => index % 251);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const sha256 = [...digest].map(byte => byte.toString(16).padStart(2, "0")).join("");
  const form = new FormData();
  form.append("file", new Blob([content]), "data.bin");
  await json(path, { name: "data.bin", size: content.length, sha256 }, { method: "POST", body: form });
  return `${content.length} bytes, sha256 ${sha256.slice(0, 12)}…`;
}

function events(path) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(path), seen = [];
    source.onmessage = event => {
      seen.push(event.data);
      if (event.lastEventId === "2") { source.close(); resolve(expect(seen.length === 3, seen.join(", "))); }
    };
    source.onerror = () => { source.close(); reject(new Error(`broke off after ${seen.length} events`)); };
  });
}

function echo(path) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}${path}`);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = event => {
      socket.onclose = () => resolve(event.data);
      socket.close();
    };
    socket.onclose = event => reject(new Error(`closed with ${event.code}`));
  });
}

const ROWS = [
  ["/sync/", "sync view", path => json(path, { view: "sync", path })],
  ["/async/", "async view", path => json(path, { view: "async", path })],
  ["/template/", "TemplateResponse", async path => expect((await text(path)).includes("One project"), "this page again")],
  ["/download/", "streamed download", download],
  ["/events/", "server-sent events", events],
  ["/upload/", "upload", upload],
  ["/gone/", "error status", path => status(path, 410)],
  ["/broken/", "view that raises", path => status(path, 500)],
  ["/nowhere/", "no such URL", path => status(path, 404)],
  ["/static/shop/hello.txt", "WhiteNoise", path => text(path)],
  ["/legacy/", "Flask, mounted", path => json(path, { script: "/legacy", order: "/legacy/orders/7" })],
  ["/legacy/orders/7", "Flask, mounted", path => json(path, { script: "/legacy", number: 7 })],
  ["/live/status", "Starlette, mounted", path => json(path, { script: "/live", status: path, started: true })],
  ["/live/echo", "Starlette's websocket", echo],
];

function addRow(table, cells) {
  const row = document.querySelector(`#${table} tbody`).insertRow();
  return cells.map(([name, content]) => {
    const cell = row.insertCell();
    cell.className = name;
    cell.append(content);
    return cell;
  });
}

const milliseconds = number => `${number.toFixed(number < 10 ? 2 : 0)} ms`;

// The browser tells what it read from Server-Timing after it has told the page that the answer is there.
function showTimes() {
  new PerformanceObserver(list => {
    for (const { name, serverTiming } of list.getEntries()) {
      const app = serverTiming.find(entry => entry.name === "app");
      const row = [...document.querySelectorAll("#seen tbody tr")].find(row => row.dataset.path === new URL(name).pathname);
      if (app && row) row.cells[4].textContent = milliseconds(app.duration);
    }
  }).observe({ type: "resource" });
}

function showLayers() {
  const layers = performance.getEntriesByType("navigation")[0].serverTiming.filter(entry => entry.name !== "app");
  const longest = Math.max(...layers.map(entry => entry.duration));
  for (const { name, duration } of layers) {
    const bar = document.createElement("div");
    bar.style.width = `${100 * duration / longest}%`;
    addRow("layers", [["name", name], ["bar", bar], ["took", milliseconds(duration)]]);
  }
}

async function walk() {
  showLayers();
  showTimes();
  let failed = 0;
  for (const [path, what, ask] of ROWS) {
    const [mark, , , answer] = addRow("seen", [["mark", "…"], ["url", path], ["what", what], ["answer", ""], ["took", ""]]);
    mark.parentElement.dataset.path = path;
    try {
      answer.textContent = await ask(path);
      mark.textContent = "✓";
      mark.classList.add("good");
    } catch (error) {
      failed += 1;
      answer.textContent = error.message;
      mark.textContent = "✗";
      mark.classList.add("bad");
    }
  }
  const state = document.getElementById("state");
  state.textContent = failed ? `${failed} of ${ROWS.length} failed` : `all ${ROWS.length} as they should be`;
  state.className = failed ? "bad" : "good";
  return failed;
}

const walked = walk();
