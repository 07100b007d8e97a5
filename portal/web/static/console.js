"use strict";
/* Betterments of the console; every page works without this file (old browsers on office intranets run none of it).
   - quick: links and forms of the desk fetch the page and put in what changed (htmx.min.js); files, uploads and signing in go the plain way
   - keys: ? shows them all; j k move in the list, Enter opens, x ticks, X ticks all, / searches, m more rows, Esc leaves a field,
     1 to 9 open the first lines of the menu, Ctrl+Enter sends the form one writes in (data-send: by this button); data-key="a" on a button or link gives it a key;
     single keys can be turned off in the list of keys ([data-keys] opens it as well)
   - no lost text: what is typed is kept sealed in the office while typing (data-no-draft: never kept)
   - saved filters: a form.tools[data-saved] remembers sets of filters by name
   - a second press of a submit button does nothing while the first is under way */
(function () {
  if (!window.fetch || !window.DOMParser || !Object.assign) { return; }
  var words = JSON.parse((document.getElementById("desk-words") || { textContent: "{}" }).textContent);
  var said = document.getElementById("said");
  function say(text) { if (said) { said.textContent = ""; setTimeout(function () { said.textContent = text || document.title; }, 60); } }
  function each(found, act) { Array.prototype.forEach.call(found, act); }
  function make(tag, options, text) {
    var made = Object.assign(document.createElement(tag), options || {});
    if (text !== undefined) { made.textContent = text; }
    return made;
  }
  var store = {
    read: function (name) { try { return JSON.parse(localStorage.getItem(name)); } catch (broken) { return null; } },
    write: function (name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch (full) { /* The page still works. */ } }
  };

  /* ---- keys ---- */
  function table() { return document.querySelector("table.dense"); }
  function chosen() { return document.querySelector("table.dense tr[aria-selected=true]"); }
  function choose(row) {
    var now = chosen();
    if (now) { now.removeAttribute("aria-selected"); }
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    var link = row.querySelector("a");
    if (link) { link.focus({ preventScroll: true }); }
  }
  function move(step) {
    var now = chosen();
    var body = table() && table().tBodies[0];
    if (!body || !body.rows.length) { return; }
    var next = now ? (step > 0 ? now.nextElementSibling : now.previousElementSibling) : body.rows[step > 0 ? 0 : body.rows.length - 1];
    if (next) { choose(next); } else if (step > 0) { more(); }
  }
  /* Columns keep the widths of the first rows: else each further row would make the browser measure every row again. */
  function settle(list) {
    if (list.style.tableLayout || getComputedStyle(list.tHead).position === "absolute") { return; }
    var cells = list.tHead.rows[0].cells;
    var widths = Array.prototype.map.call(cells, function (cell) { return cell.getBoundingClientRect().width; });
    each(cells, function (cell, at) { cell.style.width = widths[at] + "px"; });
    list.style.tableLayout = "fixed";
  }
  function more() { var button = document.querySelector("[data-more]"); if (button && button.offsetParent) { button.click(); return true; } return false; }
  function tick(row) { var box = row && row.querySelector("input[type=checkbox]"); if (box) { box.click(); } return Boolean(box); }
  function tickAll() {
    var boxes = table() ? table().querySelectorAll("tbody .pick input") : [];
    var all = Array.prototype.every.call(boxes, function (box) { return box.checked; });
    each(boxes, function (box) { box.checked = !all; });
    if (boxes.length) { count(boxes[0].form); }
    return boxes.length > 0;
  }
  function count(form) {
    var shown = form && form.querySelector("[data-ticked]");
    if (!shown) { return; }
    var ticked = form.querySelectorAll("tbody .pick input:checked").length;
    shown.textContent = words.ticked.replace("#", ticked);
    each(form.querySelectorAll(".bulk button"), function (button) { button.toggleAttribute("data-idle", !ticked); });
  }
  function keyed() { return Array.prototype.slice.call(document.querySelectorAll("[data-key]")); }
  function press(thing) {
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(thing.tagName) && thing.type !== "submit") { thing.focus(); } else { thing.click(); }
  }

  var dialog;
  function showKeys() {
    if (!window.HTMLDialogElement) { return; }
    if (dialog) { dialog.remove(); }
    var before = document.activeElement;
    dialog = make("dialog", { className: "keymap" });
    dialog.setAttribute("aria-labelledby", "keymap-title");
    dialog.setAttribute("aria-modal", "true");
    dialog.appendChild(make("h2", { id: "keymap-title" }, words.keys));
    var list = make("dl", { tabIndex: 0 });
    list.setAttribute("aria-labelledby", "keymap-title");
    var lines = [["?", words.help], ["/", words.search], ["Esc", words.leave], ["Ctrl+Enter", words.send], ["h", words.work], ["1 … 9", words.menu]];
    if (table()) { lines = lines.concat([["j", words.down], ["k", words.up], ["Enter", words.open]]); }
    if (document.querySelector(".pick input")) { lines = lines.concat([["x", words.tick], ["X", words.all]]); }
    if (document.querySelector("[data-more]")) { lines.push(["m", words.more]); }
    keyed().forEach(function (thing) { lines.push([thing.dataset.key, (thing.getAttribute("aria-label") || name(thing)).trim()]); });
    lines.forEach(function (line) {
      var term = make("dt");
      term.appendChild(make("kbd", {}, line[0]));
      list.appendChild(term);
      list.appendChild(make("dd", {}, line[1]));
    });
    dialog.appendChild(list);
    var single = make("input", { type: "checkbox", checked: !store.read("single keys off") });
    single.addEventListener("change", function () { store.write("single keys off", !single.checked); });
    var label = make("label", { className: "meta" });
    label.append(single, " " + words.single);
    var close = make("button", { className: "button small quiet", type: "button" }, words.close);
    close.addEventListener("click", function () { dialog.close(); });
    dialog.addEventListener("close", function () { if (before && document.body.contains(before)) { before.focus(); } });
    dialog.append(label, close);
    document.body.appendChild(dialog);
    /* Not showModal: shutting off a page of 500 rows takes a frame of 60 ms. So the focus is kept in by hand. */
    dialog.show();
    close.focus();
  }
  /* Tab goes round inside the list of keys; what takes the focus away loses it again. */
  function goRound(event) {
    var stops = Array.prototype.slice.call(dialog.querySelectorAll("[tabindex], input, button"));
    var at = stops.indexOf(document.activeElement) + (event.shiftKey ? -1 : 1);
    stops[(at + stops.length) % stops.length].focus();
    event.preventDefault();
  }
  document.addEventListener("focusin", function (event) {
    if (dialog && dialog.open && !dialog.contains(event.target)) { dialog.querySelector("button").focus(); }
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-keys]")) { showKeys(); return; }
    if (dialog && dialog.open && !dialog.contains(event.target)) { dialog.close(); }
  });
  function name(thing) {
    var label = thing.labels && thing.labels[0];
    return (label && label.textContent) || thing.textContent || thing.value || "";
  }

  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && !/^(checkbox|radio|submit|button)$/.test(event.target.type) || event.target.isContentEditable;
    if (event.isComposing) { return; }
    if (dialog && dialog.open) {
      if (event.key === "Escape" || event.key === "?") { dialog.close(); event.preventDefault(); } else if (event.key === "Tab") { goRound(event); }
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.form) {
      var send = event.target.form.querySelector("button[data-send]") || event.target.form.querySelector("button:not([type=button]):not([formtarget]):not([disabled])");
      if (send) { event.preventDefault(); send.click(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (typing) { if (event.key === "Escape") { event.target.blur(); } return; }
    if (store.read("single keys off")) { return; }
    var done = true;
    if (event.key === "?") { showKeys(); }
    else if (event.key === "j") { move(1); }
    else if (event.key === "k") { move(-1); }
    else if (event.key === "/") { var search = document.querySelector("input[type=search]"); if (search) { search.focus(); search.select(); } else { done = false; } }
    else if (event.key === "h") { var home = document.querySelector(".side .brand"); if (home) { home.click(); } }
    else if (/^[1-9]$/.test(event.key)) { var line = document.querySelectorAll(".side li a")[event.key - 1]; if (line) { line.click(); } else { done = false; } }
    else if (event.key === "x") { done = tick(chosen()); }
    else if (event.key === "X") { done = tickAll(); }
    else if (event.key === "m" && document.querySelector("[data-more]")) { done = more(); }
    else if (event.key === "Enter" && event.target === document.body) { var link = chosen() && chosen().querySelector("a"); if (link) { link.click(); } else { done = false; } }
    else {
      var hit = keyed().filter(function (thing) { return thing.dataset.key === event.key && !thing.disabled && thing.offsetParent !== null; })[0];
      if (hit) { press(hit); } else { done = false; }
    }
    if (done) { event.preventDefault(); }
  });
  document.addEventListener("change", function (event) { if (event.target.closest && event.target.closest(".pick")) { count(event.target.form); } });

  /* ---- no lost text ---- */
  /* While typing, the text goes sealed to the office; where that fails it stays in this tab only (sessionStorage), never on the disk. */
  function place(form) { var link = make("a", { href: form.getAttribute("action") || location.pathname }); return link.pathname; }
  function fields(form) {
    return Array.prototype.filter.call(form.elements, function (field) {
      return field.name && !field.readOnly && !field.hidden && !field.hasAttribute("data-no-draft") && (field.tagName === "TEXTAREA" || (field.tagName === "INPUT" && field.type === "text"));
    });
  }
  function spare(path, value) {
    try { if (value === undefined) { return JSON.parse(sessionStorage.getItem("unsent " + path)); } if (value) { sessionStorage.setItem("unsent " + path, JSON.stringify(value)); } else { sessionStorage.removeItem("unsent " + path); } } catch (refused) { /* Kept in the office only. */ }
    return null;
  }
  function token(form) { var field = form.querySelector("input[name=csrf_token]"); return field ? field.value : ""; }
  function send(form, values) {
    var body = new URLSearchParams();
    body.append("csrf_token", token(form));
    body.append("place", place(form));
    Object.keys(values).forEach(function (key) { body.append("kept." + key, values[key]); });
    return fetch((document.body.dataset.drafts || "/drafts"), { method: "POST", body: body, credentials: "same-origin", keepalive: true }).then(function (answer) {
      if (answer.status === 401 || answer.status === 400) { expired(form); }
      if (!answer.ok) { throw new Error(String(answer.status)); }
    });
  }
  function expired(form) {
    if (form.querySelector("[data-expired]")) { return; }
    var notice = make("p", { className: "notice warn" }, words.expired + " ");
    notice.dataset.expired = "1";
    notice.setAttribute("role", "alert");
    notice.appendChild(make("a", { href: document.body.dataset.signIn || "/sign-in", target: "_blank", rel: "noopener" }, words.again));
    form.insertBefore(notice, form.firstChild);
  }
  function keepDrafts(form) {
    if (form.method === "get" || form.dataset.drafted || !fields(form).some(function (field) { return field.tagName === "TEXTAREA"; })) { return; }
    form.dataset.drafted = "1";
    var wait;
    var path = place(form);
    function values() { var found = {}; fields(form).forEach(function (field) { found[field.name] = field.value; }); return found; }
    function keep() {
      clearTimeout(wait);
      wait = null;
      var now = values();
      send(form, now).then(function () { spare(path, null); }, function () { spare(path, { fields: now, saved_at: new Date().toISOString() }); });
    }
    form.addEventListener("input", function (event) {
      if (fields(form).indexOf(event.target) < 0) { return; }
      clearTimeout(wait);
      wait = setTimeout(keep, 700);
    });
    form.addEventListener("submit", function () { clearTimeout(wait); wait = null; spare(path, { fields: values(), saved_at: new Date().toISOString() }); });
    window.addEventListener("pagehide", function () { if (wait) { keep(); } });
    document.addEventListener("htmx:beforeSwap", function () { if (wait && form.isConnected) { keep(); } });
    var unsent = (document.getElementById("page").dataset.unsent || "").split(" ");
    var here = spare(path);
    if (document.querySelector(".error-summary, .field.wrong")) { return; }
    if (unsent.indexOf(path) >= 0) {
      fetch((document.body.dataset.drafts || "/drafts") + "?place=" + encodeURIComponent(path), { credentials: "same-origin" })
        .then(function (answer) { return answer.json(); }).then(function (found) { offer(form, here && here.saved_at > found.saved_at ? here : found); }, function () { if (here) { offer(form, here); } });
    } else if (here) { offer(form, here); }
  }
  function offer(form, draft) {
    var differs = fields(form).some(function (field) { return draft.fields[field.name] && draft.fields[field.name] !== field.value; });
    if (!differs) { return; }
    var notice = make("p", { className: "notice plain" }, words.found + new Date(draft.saved_at).toLocaleString(document.documentElement.lang) + " ");
    notice.setAttribute("role", "status");
    var take = make("button", { type: "button", className: "button small" }, words.take);
    var drop = make("button", { type: "button", className: "button small quiet" }, words.drop);
    take.addEventListener("click", function () {
      fields(form).forEach(function (field) { if (draft.fields[field.name] !== undefined) { field.value = draft.fields[field.name]; } });
      notice.remove();
      fields(form)[0].focus();
    });
    drop.addEventListener("click", function () {
      spare(place(form), null);
      send(form, {});
      notice.textContent = words.dropped + " ";
      var undo = make("button", { type: "button", className: "button small quiet" }, words.undo);
      undo.addEventListener("click", function () { send(form, draft.fields); notice.remove(); offer(form, draft); });
      notice.appendChild(undo);
    });
    notice.append(take, " ", drop);
    form.insertBefore(notice, form.firstChild);
  }
  /* What the office took is no longer kept in this tab: the page after it names the form. */
  function forgetSent() {
    var taken = document.getElementById("page").dataset.taken;
    if (taken) { spare(taken, null); }
  }

  /* ---- saved filters ---- */
  function savedFilters(form) {
    if (form.dataset.dressed) { return; }
    form.dataset.dressed = "1";
    var key = "filters " + form.dataset.saved;
    var list = make("span", { className: "saved" });
    function all() { return store.read(key) || []; }
    function draw(undo, what) {
      list.textContent = "";
      all().forEach(function (kept, at) {
        var link = make("a", { href: "?" + kept.query, className: "button small quiet" }, kept.name);
        var forget = make("button", { type: "button", className: "link-button" }, "×");
        forget.setAttribute("aria-label", words.forget + " " + kept.name);
        var rename = make("button", { type: "button", className: "link-button" }, "✎");
        rename.setAttribute("aria-label", words.rename + " " + kept.name);
        rename.addEventListener("click", function () {
          var title = (window.prompt(words.name, kept.name) || "").trim();
          if (!title || title === kept.name) { return; }
          var before = all();
          store.write(key, before.map(function (each, place) { return place === at ? { name: title.slice(0, 20), query: each.query } : each; }));
          draw(before, words.renamed);
        });
        forget.addEventListener("click", function () { var before = all(); var after = before.slice(); after.splice(at, 1); store.write(key, after); draw(before, words.forgotten); });
        list.append(link, " ", rename, " ", forget, " ");
      });
      if (undo) {
        var back = make("button", { type: "button", className: "button small quiet" }, words.undo);
        back.addEventListener("click", function () { store.write(key, undo); draw(); });
        list.append(what + " ", back);
        back.focus();
        say(what);
      }
    }
    if (location.search.length > 1) {
      var save = make("button", { type: "button", className: "button small quiet" }, words.save);
      save.addEventListener("click", function () {
        var title = window.prompt(words.name);
        if (title) { store.write(key, all().concat([{ name: title.slice(0, 20), query: location.search.slice(1) }])); draw(); }
      });
      form.appendChild(save);
    }
    draw();
    form.appendChild(list);
  }

  /* ---- one press is enough ---- */
  function rest(form) { delete form.dataset.sent; form.removeAttribute("aria-busy"); }
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method === "get" || form.target || (event.submitter && event.submitter.hasAttribute("formtarget"))) { return; }
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    setTimeout(function () { rest(form); }, 8000);
  }, true);
  window.addEventListener("pageshow", function () { each(document.querySelectorAll("form[data-sent]"), rest); });

  /* ---- a public page seen while it is written: form[data-live] goes to the frame when the typing rests ---- */
  var writing = 0;
  function seen(form) {
    var frame = document.querySelector("iframe[name=preview]");
    if (!frame || !frame.offsetParent) { return; }
    var sheet = make("form", { method: "post", action: form.dataset.live, target: "preview", hidden: true });
    new FormData(form).forEach(function (value, name) { sheet.appendChild(make("input", { type: "hidden", name: name, value: value })); });
    sheet.appendChild(make("input", { type: "hidden", name: "live", value: "1" }));
    var at = 0;
    try { at = frame.contentWindow.scrollY; } catch (elsewhere) { /* Begins at the top. */ }
    frame.onload = function () { frame.contentWindow.scrollTo(0, at); };
    document.body.appendChild(sheet);
    sheet.submit();
    sheet.remove();
  }
  document.addEventListener("input", function (event) {
    var form = event.target.form;
    if (!form || !form.dataset.live) { return; }
    clearTimeout(writing);
    writing = setTimeout(function () { seen(form); }, 700);
  });

  /* ---- a remark on the words that are marked: they go into the open form of that passage, else with its link ---- */
  document.addEventListener("selectionchange", function () {
    var marked = window.getSelection();
    var node = marked.anchorNode && marked.anchorNode.parentElement;
    var passage = node && node.closest && node.closest("[data-passage]");
    if (!passage || marked.isCollapsed || !passage.contains(marked.focusNode)) { return; }
    /* The number of a remark is no part of the text. */
    var copy = marked.getRangeAt(0).cloneContents();
    each(copy.querySelectorAll("sup"), function (number) { number.remove(); });
    var text = copy.textContent.trim();
    var line = passage.closest("li");
    var box = line.querySelector("textarea[name=passage]");
    var link = line.querySelector("[data-remark]");
    if (box) { box.value = text; } else if (link) { var at = new URL(link.href); at.searchParams.set("words", text.slice(0, 1500)); link.href = at.href; }
  });

  /* ---- long work: #progress[data-again] is fetched anew every second until it has ended; said aloud at each tenth ---- */
  var tenth = -1;
  function lookAgain() {
    var shown = document.getElementById("progress");
    if (!shown || !shown.dataset.again || !window.fetch || !window.DOMParser) { tenth = -1; return; }
    setTimeout(function () {
      fetch(location.pathname + location.search, { credentials: "same-origin" }).then(function (answer) { return answer.text(); }).then(function (text) {
        var found = new DOMParser().parseFromString(text, "text/html").getElementById("progress");
        if (!found || !document.body.contains(shown)) { return; }
        var inside = shown.contains(document.activeElement);
        shown.replaceWith(found);
        quick(found);
        var bar = found.querySelector("progress");
        var now = bar ? Math.floor(bar.value / bar.max * 10) : 10;
        if (now !== tenth) { tenth = now; say(bar ? bar.getAttribute("aria-label") + " " + bar.value + " / " + bar.max : found.textContent.trim().replace(/\s+/g, " ")); }
        var next = found.querySelector("a, button");
        if (inside && next) { next.focus(); }
        lookAgain();
      }, function () { lookAgain(); });
    }, 1000);
  }

  /* ---- quick: only the page inside is changed ---- */
  var FILE = /\.\w{2,5}$|\/(slip|files|evidence|preview|originals|remarks|on-site|check-on-site|sign-in|sign-out)(\/|$)/;
  function quick(root) {
    each(root.querySelectorAll("a[href]:not([target]):not([download]):not([hreflang]):not([data-more])"), function (link) {
      if (link.host === location.host && link.getAttribute("href").charAt(0) !== "#" && !FILE.test(link.pathname)) { link.setAttribute("hx-boost", "true"); }
    });
    each(root.querySelectorAll("form.form:not([enctype]):not([target]), form.undo, form.tools:not([enctype]):not([target])"), function (form) {
      if (!FILE.test(place(form))) { form.setAttribute("hx-boost", "true"); }
    });
  }
  function dress(root) {
    if (window.htmx && window.fetch) { quick(root); }
    each(root.querySelectorAll("form"), keepDrafts);
    each(root.querySelectorAll("form.tools[data-saved]"), savedFilters);
    each(root.querySelectorAll("form"), function (form) { if (form.querySelector("[data-ticked]")) { count(form); } });
    each(root.querySelectorAll("[data-key]"), function (thing) { thing.setAttribute("aria-keyshortcuts", thing.dataset.key); });
    each(root.querySelectorAll("[data-keys]"), function (thing) { thing.hidden = !window.HTMLDialogElement; });
    lookAgain();
  }
  function first() {
    var failed = document.querySelector(".error-summary");
    if (failed) { failed.focus(); }
    return failed;
  }
  var fresh = 0;
  document.addEventListener("htmx:beforeRequest", function (event) {
    document.documentElement.classList.add("fetching");
    if (event.target.hasAttribute("data-more")) { fresh = table().tBodies[0].rows.length; settle(table()); }
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    document.documentElement.classList.remove("fetching");
    if (event.target.tagName === "FORM") { rest(event.target); }
  });
  document.addEventListener("htmx:beforeHistoryUpdate", function (event) {
    var detail = event.detail;
    /* The answer to a post that led nowhere else has no address of its own: a reload must show the form. */
    if (detail.requestConfig.verb === "post" && detail.pathInfo.responsePath === detail.pathInfo.requestPath) {
      detail.history.type = "replace";
      detail.history.path = location.pathname + location.search;
    }
  });
  /* More rows are put in a few a frame: fifty at once take 60 ms on a slow machine. The button comes back with the last of them. */
  function addRows(text) {
    var found = new DOMParser().parseFromString(text, "text/html");
    var rows = Array.prototype.slice.call(found.querySelectorAll("table.dense tbody tr"));
    var body = table().tBodies[0];
    var button = document.getElementById("more");
    button.textContent = "";
    function add() {
      if (!document.body.contains(body)) { return; }
      rows.splice(0, 8).forEach(function (row) { quick(row); body.appendChild(row); window.htmx.process(row); });
      if (rows.length) { requestAnimationFrame(add); return; }
      var after = found.getElementById("more");
      while (after && after.firstChild) { button.appendChild(after.firstChild); }
      window.htmx.process(button);
      say(words.shown.replace("#", body.rows.length));
    }
    add();
    if (body.rows[fresh]) { choose(body.rows[fresh]); }
  }
  document.addEventListener("htmx:beforeSwap", function (event) {
    var answer = event.detail.xhr;
    if (event.detail.requestConfig && event.detail.requestConfig.elt.hasAttribute("data-more") && window.DOMParser && /id="page"/.test(answer.responseText)) {
      event.detail.shouldSwap = false;
      addRows(answer.responseText);
      return;
    }
    if (/id="page"/.test(answer.responseText) && /html/.test(answer.getResponseHeader("Content-Type") || "")) { return; }
    /* Not a page of the desk: a file, a sheet to print, or a proxy that says it cannot reach us. */
    event.detail.shouldSwap = false;
    if (event.detail.requestConfig.verb === "get") { location.assign(event.detail.pathInfo.responsePath || event.detail.pathInfo.requestPath); } else { offline(event.target); }
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    forgetSent();
    dress(document.getElementById("page"));
    if (!first() && (document.activeElement === document.body || !document.activeElement)) { document.getElementById("main").focus({ preventScroll: true }); }
    say();
  });
  function offline(thing) {
    var near = thing.tagName === "FORM" ? thing : document.getElementById("main");
    var old = near.querySelector("[data-offline]");
    if (old) { old.remove(); }
    var notice = make("p", { className: "notice warn" }, words.offline);
    notice.dataset.offline = "1";
    notice.setAttribute("role", "alert");
    near.insertBefore(notice, near.firstChild);
    notice.scrollIntoView({ block: "nearest" });
  }
  ["htmx:sendError", "htmx:timeout"].forEach(function (failure) {
    document.addEventListener(failure, function (event) { offline(event.target); });
  });

  if (document.getElementById("page")) { forgetSent(); dress(document.getElementById("page")); }
  first();
})();
