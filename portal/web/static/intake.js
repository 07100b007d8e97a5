/* The report form, better with JavaScript and whole without: pieces that resume, smaller pictures, previews, a draft on this device
   only if asked, the place of this device, leaving quickly. Talks to this host alone; keeps nothing unless asked. */
"use strict";
(() => {
  const PIECE = 1048576, DRAFT = "n", DRAFT_HOURS = 24, LONGEST = 2560, SHRINK_ABOVE = 1500000, TRIES = 6;
  const $ = (selector, from = document) => from.querySelector(selector);
  const words = document.getElementById("words")?.dataset ?? {};
  const form = $("form[data-form=r]");

  /* ---- leaving quickly: no way back to this page, no draft behind ---- */
  const leave = $("#leave a");
  const go = () => { forget(); document.body.hidden = true; location.replace(leave.href); };
  leave?.addEventListener("click", (event) => { event.preventDefault(); go(); });
  let escapes = 0;
  if (leave) addEventListener("keydown", (event) => { escapes = event.key === "Escape" ? escapes + 1 : 0; if (escapes === 3) go(); });

  /* ---- drafts: off unless asked, gone after a day, never names or numbers ---- */
  const store = () => { try { return window.localStorage; } catch { return null; } };
  function forget() { store()?.removeItem(DRAFT); }
  const PRIVATE = new Set(["f", "kept", "name", "phone", "other_contact", "notice_address", "website", "go", "files", "draft"]);
  const typed = () => [...new FormData(form)].filter(([name, value]) => !PRIVATE.has(name) && typeof value === "string");

  function offerDraft() {
    const box = $("#draft"), clear = $("#forget");
    const raw = store()?.getItem(DRAFT);
    const kept = raw ? JSON.parse(raw) : null;
    if (kept && Date.now() > kept.until) forget();
    else if (kept && !$(".error-summary")) { fill(kept.fields); box.checked = true; }
    $("#draft-field").hidden = false;
    const save = () => box.checked
      ? store()?.setItem(DRAFT, JSON.stringify({ until: Date.now() + DRAFT_HOURS * 36e5, fields: typed() }))
      : forget();
    form.addEventListener("input", save);
    box.addEventListener("change", save);
    clear.addEventListener("click", () => { box.checked = false; forget(); form.reset(); clear.textContent = words.forgotten; });
  }

  function fill(fields) {
    const seen = new Map();
    for (const [name, value] of fields) seen.set(name, [...(seen.get(name) ?? []), value]);
    for (const input of form.elements) {
      if (PRIVATE.has(input.name) || !seen.has(input.name)) continue;
      if (input.type === "checkbox" || input.type === "radio") input.checked = seen.get(input.name).includes(input.value);
      else input.value = seen.get(input.name)[0];
    }
  }

  /* ---- the place of this device ---- */
  function offerPlace() {
    if (!navigator.geolocation) return;
    $("#locate").hidden = false;
    $("#locate").addEventListener("click", (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        $("#longitude").value = coords.longitude.toFixed(6);
        $("#latitude").value = coords.latitude.toFixed(6);
        $("input[name=datum][value='WGS-84']").checked = true;
        button.disabled = false;
      }, () => { button.textContent = words.noPlace; }, { enableHighAccuracy: true, timeout: 15000 });
    });
  }

  /* ---- the map: the pin follows the finger at once, without asking the server; arrow keys move it too ---- */
  function movePin() {
    const box = $("[data-map]"), map = $("form[data-form=m]"), edge = box.dataset;
    const east = edge.east - edge.west, south = edge.south - edge.north, marks = [$("#pin-ring"), $("#pin-dot")];
    let x = parseFloat(marks[0].getAttribute("cx")) / 100, y = parseFloat(marks[0].getAttribute("cy")) / 100, held = false;
    const set = (right, down) => {
      x = Math.min(Math.max(right, 0), 1); y = Math.min(Math.max(down, 0), 1);
      const longitude = (+edge.west + x * east).toFixed(5), latitude = (+edge.north + y * south).toFixed(5);
      Object.entries({ longitude, latitude, datum: words.datum }).forEach(([name, value]) => { map.elements[name].value = value; });
      for (const mark of marks) { mark.setAttribute("cx", `${x * 100}%`); mark.setAttribute("cy", `${y * 100}%`); }
      $("#place-words").textContent = words.pinned.replace("#", `${longitude}, ${latitude}（${words.datum}）`);
      $("#use").hidden = false;
    };
    const at = (event) => { const area = box.getBoundingClientRect(); set((event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height); };
    box.addEventListener("pointerdown", (event) => { held = event.pointerType === "mouse"; if (held) at(event); });
    box.addEventListener("pointermove", (event) => { if (held) at(event); });
    addEventListener("pointerup", () => { held = false; });
    box.addEventListener("dragstart", (event) => event.preventDefault());
    box.addEventListener("click", (event) => { event.preventDefault(); if (event.detail) at(event); });
    box.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const [right, down] = x >= 0 && x <= 1 ? [x, y] : [.5, .5];
      set(right + way[0] / 50, down + way[1] / 50);
    });
  }

  /* ---- pictures: written anew and smaller, so that where and when they were taken stays here ---- */
  async function smaller(file) {
    if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < SHRINK_ABOVE) return file;
    try {
      const picture = await createImageBitmap(file);
      const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
      return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: blob.type }) : file;
    } catch { return file; }
  }

  /* ---- files in pieces that go on where they were cut off ---- */
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  async function send(file, show) {
    let upload = "", received = 0;
    for (let failed = 0; failed < TRIES;) {
      try {
        const headers = { "X-Form": form.elements.f.value, "X-Offset": String(received), "Content-Type": "application/octet-stream" };
        if (upload) headers["X-Upload"] = upload;
        else Object.assign(headers, { "X-Name": encodeURIComponent(file.name), "X-Size": String(file.size) });
        const answer = await fetch(form.dataset.up, { method: "POST", headers, body: file.slice(received, received + PIECE), cache: "no-store" });
        if (answer.status === 422) return { refused: (await answer.json()).refused };
        if (!answer.ok) throw new Error(String(answer.status));
        const said = await answer.json();
        if (said.kept) return said;
        failed = said.received > received ? 0 : failed + 1;
        ({ upload, received } = said);
        show(received / file.size);
      } catch { failed += 1; await wait(500 * 2 ** failed); }
    }
    return null;
  }

  function line(file) {
    const item = document.createElement("li"), bar = document.createElement("progress"), name = document.createElement("span");
    name.textContent = file.name;
    bar.max = 1; bar.value = 0;
    if (file.type.startsWith("image/")) {
      const picture = document.createElement("img");
      picture.alt = ""; picture.width = 64; picture.src = URL.createObjectURL(file);
      picture.onload = () => URL.revokeObjectURL(picture.src);
      item.append(picture);
    }
    item.append(name, bar);
    return { item, bar, name };
  }

  function keep(item, said) {
    const carried = document.createElement("input"), away = document.createElement("button");
    Object.assign(carried, { type: "hidden", name: "kept", value: said.kept });
    Object.assign(away, { type: "button", className: "link-button", textContent: words.remove });
    away.addEventListener("click", () => item.remove());
    item.append(carried, away);
  }

  function takeFiles() {
    const input = $("#files");
    const list = document.createElement("ul");
    list.className = "list";
    list.setAttribute("aria-live", "polite");
    input.after(list);
    let busy = 0;
    const buttons = [...form.querySelectorAll("button:not([type=button])")];
    input.addEventListener("change", async () => {
      const files = [...input.files];
      input.value = "";
      busy += files.length;
      buttons.forEach((button) => { button.disabled = true; });
      for (const chosen of files) {
        const file = await smaller(chosen), { item, bar, name } = line(file);
        list.append(item);
        const said = await send(file, (share) => { bar.value = share; });
        bar.remove();
        if (said?.kept) keep(item, said);
        else { name.textContent = `${file.name}：${said?.refused ?? words.notSent}`; item.className = "error"; }
        busy -= 1;
      }
      if (!busy) buttons.forEach((button) => { button.disabled = false; });
    });
  }

  if (form) { offerDraft(); offerPlace(); takeFiles(); }
  if ($("[data-map]")) movePin();
  if ($("[data-sent]")) forget();
})();
