"use strict";
/* Asks the library, compiled to WebAssembly, as a C program does: structs in its memory, a status back. */
(async () => {
  /* As the C compiler lays them out; a test compares this with tests/abi/layout.txt. */
  const LAYOUT = {
    t2m_profile: { size: 512 },
    t2m_request: { size: 12, input_tokens: 0, cached_tokens: 4, output_tokens: 8 },
    t2m_prediction: { size: 64, prefill_s: 0, decode_s: 4, total_s: 8, tpot_s: 12, prefill_energy_j: 16, decode_energy_j: 20, energy_j: 24, average_power_w: 28, cost: 32, prefill_band: 36, decode_band: 44, total_band: 52, flags: 60 },
    t2m_band: { size: 8, low_s: 0, high_s: 4 },
    t2m_limit: { size: 12, quantity: 0, value: 4, confidence: 8 },
    t2m_budget: { size: 12, output_tokens: 0, value: 4, flags: 8 },
  };
  const MOST_TOKENS = 16777216;
  const PRICES = ["per_kwh", "per_hour", "per_request"];
  /* Where a status other than 0 is shown. */
  const FIELD_OF = { 200: "input_tokens", 201: "output_tokens", 202: "cached_tokens", 204: "output_tokens", 301: "limit", 302: "confidence", 303: "quantity", 304: "quantity", 305: "confidence" };

  const panel = document.getElementById("panel");
  const part = (name) => document.getElementById("panel-" + name);
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

  let library;
  try {
    library = (await WebAssembly.instantiate(bytes(part("module").textContent.trim()))).instance.exports;
  } catch (error) {
    part("state").textContent = "This browser does not run WebAssembly here (" + error.message + "): token2metrics predict and token2metrics budget answer the same.";
    return;
  }

  /* A page of memory that is the panel's own, a struct behind the other. */
  const at = { end: library.memory.grow(1) * 65536 };
  const reserve = (name, size) => { at[name] = at.end; at.end += size; };
  reserve("profile", LAYOUT.t2m_profile.size);
  reserve("request", LAYOUT.t2m_request.size);
  reserve("prediction", LAYOUT.t2m_prediction.size);
  reserve("limit", LAYOUT.t2m_limit.size);
  reserve("budget", LAYOUT.t2m_budget.size);
  reserve("blob", 1024);
  const memory = new DataView(library.memory.buffer);
  const float = (where) => memory.getFloat32(where, true);
  const u32 = (where) => memory.getUint32(where, true);

  const message = (status) => {
    const begin = library.t2m_status_message(status);
    const text = new Uint8Array(library.memory.buffer, begin);
    return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
  };

  const crc32 = (parts) => {
    let crc = 0xffffffff;
    for (const byte of parts) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
  };

  const given = bytes(panel.dataset.blob), priced = bytes(panel.dataset.priced);
  const first = new DataView(priced.slice(-12).buffer);

  /* The profile's blob, or the same with other prices: they are its last bytes, and its checksum is of all but itself. */
  const blobWith = (prices) => {
    if (prices.every((price, index) => Math.fround(price) === first.getFloat32(4 * index, true))) return given;
    const blob = priced.slice();
    const view = new DataView(blob.buffer);
    prices.forEach((price, index) => view.setFloat32(blob.length - 12 + 4 * index, price, true));
    view.setUint32(6, crc32([...blob.subarray(3, 6), ...blob.subarray(10)]), true);
    return blob;
  };

  /* With as many digits as asked, and halves to the even digit, as the command line has it. */
  const fixed = (value, digits) => {
    const exact = value.toFixed(100), cut = exact.length - 100 + digits;
    if (!/^50*$/.test(exact.slice(cut))) return value.toFixed(digits);
    const down = digits === 0 ? exact.slice(0, cut - 1) : exact.slice(0, cut);
    return Number(down.slice(-1)) % 2 === 0 ? down : value.toFixed(digits);
  };
  const unit = (name, milli, thousandth) => (value) => value >= 100 ? fixed(value, 1) + " " + name
    : value >= 1 ? fixed(value, 3) + " " + name : fixed(thousandth * value, 2) + " " + milli;
  const seconds = unit("s", "ms", 1e3), joules = unit("J", "mJ", 1e3);
  const watts = (value) => fixed(value, 2) + " W";
  const money = (value) => {
    const figure = value >= 1e-4 ? fixed(value, Math.max(3 - Math.floor(Math.log10(value)), 0)) : value > 0 ? value.toExponential(3) : "0";
    return (figure + " " + panel.dataset.currency).trim();
  };
  const SHOWN = { energy_j: joules, average_power_w: watts, cost: money };

  /* Messages of one pass over the fields, by the field's name. */
  let wrong;
  const fail = (name, text) => { wrong[name] ??= text; return NaN; };

  const number = (name, text) => {
    const field = part(name);
    if (field.validity.badInput) return fail(name, "this is not a number: " + text);
    if (field.value.trim() === "") return fail(name, "empty: " + text);
    return Number(field.value);
  };
  const tokens = (name, least) => {
    const text = "give a whole number from " + least + " to " + MOST_TOKENS.toLocaleString("en-US");
    const value = number(name, text);
    return Number.isNaN(value) || (Number.isInteger(value) && value >= least && value <= MOST_TOKENS) ? value : fail(name, text);
  };
  const price = (name) => {
    const text = "give a price of at least 0, such as 0.25";
    const value = number(name, text);
    return Number.isNaN(value) || (value >= 0 && Number.isFinite(Math.fround(value))) ? value : fail(name, text);
  };
  const positive = (name) => {
    const text = "give a number above 0";
    const value = number(name, text);
    return Number.isNaN(value) || (Math.fround(value) > 0 && Number.isFinite(Math.fround(value))) ? value : fail(name, text);
  };

  const putRequest = (input, cached, output) => {
    const { input_tokens, cached_tokens, output_tokens } = LAYOUT.t2m_request;
    memory.setUint32(at.request + input_tokens, input, true);
    memory.setUint32(at.request + cached_tokens, cached, true);
    memory.setUint32(at.request + output_tokens, output, true);
  };

  const show = (cell, value, write) => {
    const known = Number.isFinite(value);
    cell.textContent = known ? write(value) : "-";
    if (known) cell.dataset.value = String(value); else delete cell.dataset.value;
  };

  const mark = (attribute, flags) => {
    for (const item of panel.querySelectorAll("[data-" + attribute + "]")) item.hidden = !(flags & Number(item.getAttribute("data-" + attribute)));
  };

  /* Loads the profile with the prices that are typed; false where they are none. */
  const load = () => {
    const prices = PRICES.map(price);
    if (prices.some(Number.isNaN)) return false;
    const blob = blobWith(prices);
    new Uint8Array(library.memory.buffer).set(blob, at.blob);
    const status = library.t2m_profile_load(at.blob, blob.length, at.profile);
    if (status === 0) return true;
    const highest = PRICES[prices.indexOf(Math.max(...prices))];
    fail(highest, message(status));
    return false;
  };

  const predict = (loaded, input, cached, output) => {
    const sound = loaded && ![input, cached, output].some(Number.isNaN);
    let status = -1;
    if (sound) {
      putRequest(input, cached, output);
      status = library.t2m_predict(at.profile, at.request, at.prediction);
      if (status > 0) fail(FIELD_OF[status] ?? "input_tokens", message(status));
    }
    const { t2m_prediction: figures, t2m_band: ends } = LAYOUT;
    const flags = status === 0 ? u32(at.prediction + figures.flags) : 0;
    const where = (name) => {
      const end = /^(.*)_(low|high)_s$/.exec(name);
      return end ? figures[end[1] + "_band"] + ends[end[2] + "_s"] : figures[name];
    };
    for (const cell of panel.querySelectorAll("[data-figure]")) {
      const name = cell.dataset.figure;
      show(cell, status === 0 ? float(at.prediction + where(name)) : NaN, SHOWN[name] ?? seconds);
    }
    const noBands = (flags & 32) !== 0;
    for (const cell of panel.querySelectorAll(".band")) cell.hidden = noBands;
    mark("bits", flags);
    const remarks = [...part("remarks").children].filter((item) => !item.hidden).map((item) => item.textContent);
    const total = panel.querySelector("[data-figure=total_s]").textContent;
    part("spoken").value = status === 0 ? ["total " + total, ...remarks].join("; ") : "no prediction";
  };

  const budget = (loaded, input, cached) => {
    const answer = part("budget");
    const value = positive("limit");
    const quantity = Number(part("quantity").value), confidence = Number(part("confidence").value);
    let status = -1;
    if (loaded && ![input, cached, value].some(Number.isNaN)) {
      putRequest(input, cached, MOST_TOKENS);
      const { t2m_limit: limit } = LAYOUT;
      memory.setUint32(at.limit + limit.quantity, quantity, true);
      memory.setFloat32(at.limit + limit.value, value, true);
      memory.setUint32(at.limit + limit.confidence, confidence, true);
      status = library.t2m_max_output_tokens(at.profile, 0, at.request, at.limit, at.budget);
      if (status > 0) fail(FIELD_OF[status] ?? "limit", message(status));
    }
    mark("budget-bits", 0);
    for (const name of ["value", "tokens"]) delete answer.dataset[name];
    if (status !== 0) { answer.value = ""; return; }
    const found = LAYOUT.t2m_budget;
    const fitting = u32(at.budget + found.output_tokens), taken = float(at.budget + found.value);
    const write = [seconds, joules, money][quantity - 1];
    answer.value = (fitting === 0 ? "Nothing fits: the prompt with one token is" : fitting === MOST_TOKENS ? "All " + fitting + " output tokens fit: they are" : fitting + " output tokens fit: they are")
      + " within " + write(taken) + " in " + confidence + " % of such requests";
    answer.dataset.tokens = String(fitting);
    answer.dataset.value = String(taken);
    mark("budget-bits", u32(at.budget + found.flags) & 7);
  };

  const say = () => {
    for (const field of panel.querySelectorAll("input, select")) {
      const note = part(field.name + "-note"), text = wrong[field.name];
      const shown = text ?? note.dataset.hint;
      if (note.textContent !== shown) note.textContent = shown;
      note.classList.toggle("wrong", text !== undefined);
      if (text === undefined) field.removeAttribute("aria-invalid"); else field.setAttribute("aria-invalid", "true");
    }
  };

  const update = () => {
    wrong = {};
    const loaded = load();
    const input = tokens("input_tokens", 1), cached = tokens("cached_tokens", 0), output = tokens("output_tokens", 1);
    if (cached >= input) fail("cached_tokens", message(202));
    predict(loaded, input, cached, output);
    budget(loaded, input, cached);
    say();
  };
  panel.addEventListener("input", update);
  update();
})();
