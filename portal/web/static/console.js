"use strict";
/* Betterments of the console; every page works without this file (old browsers on office intranets run none of it).
   - keys: ? shows them all; j k move in the list, Enter opens, x ticks, / searches, Esc leaves a field; data-key="a" on a button or link gives it a key
   - no lost text: what is typed into a textarea is kept on this computer until it is sent (data-no-draft: never kept)
   - saved filters: a form.tools[data-saved] remembers sets of filters by name
   - a second press of a submit button does nothing while the first is under way */
(function () {
  var words = document.documentElement.lang === "en" ? {
    keys: "Keys", close: "Close", down: "next row", up: "row above", open: "open", tick: "tick", search: "search", leave: "leave the field", help: "this list",
    found: "An unsent draft was kept: ", take: "Take it back", drop: "Discard", save: "Keep these filters", name: "Name for these filters", forget: "Forget", work: "go to “waiting for me”"
  } : {
    keys: "快捷键", close: "关闭", down: "下一行", up: "上一行", open: "打开", tick: "勾选", search: "搜索", leave: "离开输入框", help: "看这张表",
    found: "有一份没有提交的草稿，存于 ", take: "取回", drop: "丢掉", save: "存下这组筛选", name: "给这组筛选起个名字", forget: "去掉", work: "回到“待我处理”"
  };

  function make(tag, options, text) {
    var made = Object.assign(document.createElement(tag), options || {});
    if (text !== undefined) { made.textContent = text; }
    return made;
  }
  var store = {
    read: function (name) { try { return JSON.parse(localStorage.getItem(name)); } catch (broken) { return null; } },
    write: function (name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch (full) { /* The page still works. */ } },
    drop: function (name) { try { localStorage.removeItem(name); } catch (refused) { /* Nothing was kept. */ } },
    names: function () { try { return Object.keys(localStorage); } catch (refused) { return []; } }
  };

  /* ---- keys ---- */
  var table = document.querySelector("table.dense");
  function rows() { return table ? Array.prototype.slice.call(table.tBodies[0] ? table.tBodies[0].rows : []) : []; }
  function chosen() { return table && table.querySelector("tr[aria-selected=true]"); }
  function choose(step) {
    var all = rows();
    if (!all.length) { return; }
    var now = chosen();
    var at = now ? all.indexOf(now) + step : (step > 0 ? 0 : all.length - 1);
    var next = all[Math.max(0, Math.min(all.length - 1, at))];
    if (now) { now.removeAttribute("aria-selected"); }
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
    var link = next.querySelector("a");
    if (link) { link.focus({ preventScroll: true }); }
  }
  function keyed() { return Array.prototype.slice.call(document.querySelectorAll("[data-key]")); }
  function press(thing) {
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(thing.tagName) && thing.type !== "submit") { thing.focus(); } else { thing.click(); }
  }

  var dialog;
  function showKeys() {
    if (!window.HTMLDialogElement) { return; }
    if (!dialog) {
      dialog = make("dialog", { className: "keymap" });
      dialog.setAttribute("aria-labelledby", "keymap-title");
      dialog.appendChild(make("h2", { id: "keymap-title" }, words.keys));
      var list = make("dl");
      var lines = [["?", words.help], ["/", words.search], ["Esc", words.leave], ["h", words.work]];
      if (rows().length) { lines = lines.concat([["j", words.down], ["k", words.up], ["Enter", words.open], ["x", words.tick]]); }
      keyed().forEach(function (thing) { lines.push([thing.dataset.key, (thing.getAttribute("aria-label") || thing.textContent || thing.value).trim()]); });
      lines.forEach(function (line) {
        var term = make("dt");
        term.appendChild(make("kbd", {}, line[0]));
        list.appendChild(term);
        list.appendChild(make("dd", {}, line[1]));
      });
      dialog.appendChild(list);
      var close = make("button", { className: "button small quiet", type: "button" }, words.close);
      close.addEventListener("click", function () { dialog.close(); });
      dialog.appendChild(close);
      document.body.appendChild(dialog);
    }
    dialog.showModal();
  }

  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && !/^(checkbox|radio|submit|button)$/.test(event.target.type) || event.target.isContentEditable;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    if (typing) { if (event.key === "Escape") { event.target.blur(); } return; }
    if (dialog && dialog.open) { return; }
    var done = true;
    if (event.key === "?") { showKeys(); }
    else if (event.key === "j") { choose(1); }
    else if (event.key === "k") { choose(-1); }
    else if (event.key === "/") { var search = document.querySelector("input[type=search]"); if (search) { search.focus(); search.select(); } else { done = false; } }
    else if (event.key === "h") { var home = document.querySelector(".side .brand"); if (home) { home.click(); } }
    else if (event.key === "x") { var box = chosen() && chosen().querySelector("input[type=checkbox]"); if (box) { box.click(); } else { done = false; } }
    else if (event.key === "Enter" && event.target === document.body) { var link = chosen() && chosen().querySelector("a"); if (link) { link.click(); } else { done = false; } }
    else {
      var hit = keyed().filter(function (thing) { return thing.dataset.key === event.key && !thing.disabled && thing.offsetParent !== null; })[0];
      if (hit) { press(hit); } else { done = false; }
    }
    if (done) { event.preventDefault(); }
  });

  /* ---- no lost text ---- */
  var PREFIX = "draft " + (document.body.dataset.staff || "") + " ";
  var KEEP_DAYS = 7;
  var failed = document.querySelector(".error-summary, .field.wrong");
  store.names().filter(function (name) { return name.indexOf("draft ") === 0; }).forEach(function (name) {
    var draft = store.read(name);
    if (!draft || Date.now() - draft.at > KEEP_DAYS * 864e5 || (draft.sent && !failed)) { store.drop(name); }
  });
  Array.prototype.forEach.call(document.querySelectorAll("form textarea[name]:not([data-no-draft])"), function (area) {
    var name = PREFIX + location.pathname + " " + area.name;
    var draft = store.read(name);
    if (draft && draft.text && draft.text !== area.value) {
      var notice = make("p", { className: "notice plain" }, words.found + new Date(draft.at).toLocaleString() + " ");
      var take = make("button", { type: "button", className: "button small" }, words.take);
      var drop = make("button", { type: "button", className: "button small quiet" }, words.drop);
      take.addEventListener("click", function () { area.value = draft.text; area.dispatchEvent(new Event("input", { bubbles: true })); area.focus(); notice.remove(); });
      drop.addEventListener("click", function () { store.drop(name); notice.remove(); area.focus(); });
      notice.append(take, " ", drop);
      area.parentNode.insertBefore(notice, area);
    }
    var wait;
    area.addEventListener("input", function () {
      clearTimeout(wait);
      wait = setTimeout(function () { store.write(name, { text: area.value, at: Date.now() }); }, 400);
    });
    area.form.addEventListener("submit", function () {
      clearTimeout(wait);
      if (area.value) { store.write(name, { text: area.value, at: Date.now(), sent: true }); } else { store.drop(name); }
    });
  });

  /* ---- saved filters ---- */
  Array.prototype.forEach.call(document.querySelectorAll("form.tools[data-saved]"), function (form) {
    var name = "filters " + form.dataset.saved;
    var list = make("span", { className: "saved" });
    function draw() {
      list.textContent = "";
      (store.read(name) || []).forEach(function (each, place) {
        var link = make("a", { href: "?" + each.query, className: "button small quiet" }, each.name);
        var forget = make("button", { type: "button", className: "link-button" }, "×");
        forget.setAttribute("aria-label", words.forget + " " + each.name);
        forget.addEventListener("click", function () { var all = store.read(name) || []; all.splice(place, 1); store.write(name, all); draw(); });
        list.append(link, " ", forget, " ");
      });
    }
    if (location.search.length > 1) {
      var save = make("button", { type: "button", className: "button small quiet" }, words.save);
      save.addEventListener("click", function () {
        var title = window.prompt(words.name);
        if (title) { store.write(name, (store.read(name) || []).concat([{ name: title.slice(0, 20), query: location.search.slice(1) }])); draw(); }
      });
      form.appendChild(save);
    }
    draw();
    form.appendChild(list);
  });

  /* ---- one press is enough ---- */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method === "get" || form.target) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    setTimeout(function () { delete form.dataset.sent; form.removeAttribute("aria-busy"); }, 8000);
  });
  window.addEventListener("pageshow", function () {
    Array.prototype.forEach.call(document.querySelectorAll("form[data-sent]"), function (form) { delete form.dataset.sent; form.removeAttribute("aria-busy"); });
  });

  /* An error summary, or a message after an act, is read out first. */
  if (failed && failed.focus) { failed.focus(); }
})();
