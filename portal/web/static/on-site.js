"use strict";
/* The on-site check where the network is poor. Without this file the form is sent in one piece.
   - each photo leaves as soon as it is taken; what did not get through is sent again when there is a network
   - what is ticked stays in this tab (the words are kept by console.js) until the office has taken it
   - the check is sent when every photo is through; a network that fails leaves everything on the page, and it is sent again */
(function () {
  function each(found, act) { Array.prototype.forEach.call(found, act); }
  function begin(form) {
    var words = form.dataset, list = form.querySelector("[data-photos]"), stuck = form.querySelector("[data-stuck]");
    var waiting = [], busy = false, asked = false, name = "on-site " + location.pathname;
    function field(named) { return form.querySelector("input[name=" + named + "]"); }
    function live() { return document.contains(form); }

    /* ---- what is ticked ---- */
    function ticks() { return form.querySelectorAll("input[type=radio]"); }
    function keep() {
      var found = {};
      each(ticks(), function (box) { if (box.checked) { found[box.name] = box.value; } });
      try { sessionStorage.setItem(name, JSON.stringify({ key: field("key").value, ticks: found })); } catch (refused) { /* It stays on the page. */ }
    }
    function restore() {
      var kept = null;
      try { kept = JSON.parse(sessionStorage.getItem(name)); } catch (refused) { return; }
      if (!kept || document.querySelector(".error-summary, .field.wrong")) { return; }
      field("key").value = kept.key;
      each(ticks(), function (box) { if (kept.ticks[box.name] === box.value) { box.checked = true; } });
    }
    function forget() {
      try { sessionStorage.removeItem(name); sessionStorage.removeItem("unsent " + location.pathname); } catch (refused) { /* Nothing was kept. */ }
    }

    /* ---- photos ---- */
    function show(photo, text, css) { photo.mark.textContent = text; photo.mark.className = "state " + css; }
    function add(file) {
      var line = document.createElement("li"), mark = document.createElement("span"), photo = { file: file, mark: mark };
      line.appendChild(document.createTextNode(file.name + " "));
      line.appendChild(mark);
      list.appendChild(line);
      waiting.push(photo);
      show(photo, words.sending, "warn");
    }
    function post(to, body) { return fetch(to, { method: "POST", body: body, credentials: "same-origin", headers: { Accept: "application/json" } }); }
    /* A server that is away, an office that asks to sign in again: later. Anything else is an answer. */
    function passed(answer) {
      if (answer.status >= 500 || answer.status === 401 || answer.status === 400) { throw new Error(String(answer.status)); }
      return answer;
    }
    function next() {
      if (busy || !waiting.length) { return; }
      var photo = waiting[0], body = new FormData();
      body.append("csrf_token", field("csrf_token").value);
      body.append("file", photo.file, photo.file.name);
      busy = true;
      show(photo, words.sending, "warn");
      post(words.onSite, body).then(passed).then(function (answer) {
        busy = false;
        waiting.shift();
        show(photo, answer.status === 204 ? words.kept : words.refused, answer.status === 204 ? "" : "bad");
        if (waiting.length) { next(); } else if (asked) { send(); }
      }).catch(function () { busy = false; show(photo, words.waiting, "bad"); });
    }

    /* ---- the check ---- */
    /* What waits may be sent again by hand: console.js holds a second press back. */
    function tell(text) {
      if (text) { delete form.dataset.sent; form.removeAttribute("aria-busy"); }
      stuck.hidden = !text; stuck.textContent = text;
      if (text) { stuck.scrollIntoView({ block: "nearest" }); }
    }
    function send() {
      var body = new FormData();
      each(form.elements, function (each) {
        if (each.name && each.type !== "file" && (each.type !== "radio" || each.checked)) { body.append(each.name, each.value); }
      });
      post(location.pathname, body).then(passed).then(function (answer) {
        asked = false;
        if (answer.status === 204) { forget(); location.assign(words.done); return null; }
        return answer.text().then(again);
      }).catch(function () { tell(words.waiting); });
    }
    /* The form once more, with what is wrong: printed by the office, with everything that was typed. */
    function again(text) {
      var page = document.getElementById("page");
      page.innerHTML = new DOMParser().parseFromString(text, "text/html").getElementById("page").innerHTML;
      first();
    }
    form.addEventListener("change", function (event) {
      if (event.target.type !== "file") { keep(); return; }
      each(event.target.files, add);
      event.target.value = "";
      next();
    });
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      asked = true;
      keep();
      if (waiting.length) { tell(words.unsent); next(); } else { tell(""); send(); }
    });
    function retry() { if (live()) { if (waiting.length) { next(); } else if (asked) { send(); } } }
    window.addEventListener("online", retry);
    setInterval(retry, 15000);
    restore();
  }
  function first() {
    var form = document.querySelector("form[data-on-site]");
    if (form) { begin(form); }
  }
  if (window.fetch && window.FormData && window.Promise && window.DOMParser) { first(); }
})();
