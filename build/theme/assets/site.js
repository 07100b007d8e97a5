"use strict";
/* Betterments only: large text that stays, the search box, reading aloud. Every page works without this file. */
(function () {
  var root = document.documentElement;
  var here = document.currentScript;

  function keep(name, value) {
    try {
      if (value) { localStorage.setItem("look-" + name, value); } else { localStorage.removeItem("look-" + name); }
    } catch (refused) { /* Nothing kept: the choice holds for this page. */ }
  }

  var large = document.querySelector(".large-text");
  function nameLarge() {
    var on = root.dataset.size === "large";
    large.textContent = on ? large.dataset.off : large.dataset.on;
  }
  if (large) {
    large.dataset.on = large.textContent;
    nameLarge();
    large.addEventListener("click", function (event) {
      event.preventDefault();
      var on = root.dataset.size !== "large";
      if (on) { root.dataset.size = "large"; } else { delete root.dataset.size; }
      keep("size", on ? "large" : "");
      nameLarge();
    });
  }

  /* Search: the bundle and its index are fetched when somebody asks, so that reading stays light. */
  var toggle = document.getElementById("__search");
  var box = document.querySelector(".md-search");
  var opener = document.querySelector(".search-open");
  var loading = false;
  function show(open) {
    box.hidden = !open;
    if (open) { box.querySelector("input").focus(); } else if (opener && document.activeElement === document.body) { opener.focus(); }
  }
  /* Material asks on keyup only; pasting, dictation and Chinese input methods may bring none. */
  var composing = false;
  function ask() { box.querySelector("input").dispatchEvent(new KeyboardEvent("keyup", { bubbles: true })); }
  /* What was typed while the script was on its way got no answer: asked again, a blank apart, until one comes. */
  function askAgain() {
    var input = box.querySelector("input");
    var said = box.querySelector(".md-search-result__meta");
    var waiting = said.textContent;
    var tries = 0;
    var clock = setInterval(function () {
      tries += 1;
      if (said.textContent !== waiting || box.hidden || tries > 30) { clearInterval(clock); return; }
      if (composing || input.value.trim().length < 2) { return; }
      input.value = /\s$/.test(input.value) ? input.value.trim() : input.value + " ";
      ask();
    }, 250);
  }
  function openSearch() {
    box.hidden = false;
    box.querySelector("input").focus();
    if (window.component$) { if (!toggle.checked) { toggle.click(); } return; }
    if (loading) { return; }
    loading = true;
    var script = document.createElement("script");
    script.src = here.dataset.bundle;
    script.onload = function () {
      if (!toggle.checked) { toggle.click(); }
      askAgain();
    };
    document.head.appendChild(script);
  }
  function closeSearch() {
    if (toggle.checked) { toggle.click(); }
    show(false);
    if (opener) { opener.focus(); }
  }
  /* A hit is a link around an article: screen readers find no name in it, and Tab passes it by. */
  function nameHits() {
    box.querySelectorAll(".md-search-result__link:not([aria-label])").forEach(function (link) {
      var title = link.querySelector("h1, h2");
      if (title) { link.setAttribute("aria-label", title.textContent); }
      link.removeAttribute("tabindex");
    });
  }
  if (toggle && box && opener) {
    new MutationObserver(nameHits).observe(box.querySelector(".md-search-result__list"), { childList: true, subtree: true });
    toggle.addEventListener("change", function () { show(toggle.checked); });
    box.querySelector("input").addEventListener("input", ask);
    box.querySelector("input").addEventListener("compositionstart", function () { composing = true; });
    box.querySelector("input").addEventListener("compositionend", function () { composing = false; ask(); });
    opener.addEventListener("click", function (event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey) { return; }
      event.preventDefault();
      openSearch();
    });
    box.querySelector(".search-close").addEventListener("click", closeSearch);
    box.addEventListener("keydown", function (event) { if (event.key === "Escape") { closeSearch(); } });
    document.addEventListener("keydown", function (event) {
      var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); openSearch(); }
    });
    document.addEventListener("click", function (event) {
      if (!box.hidden && !box.contains(event.target) && !opener.contains(event.target)) { closeSearch(); }
    });
  }

  /* Reading aloud with the browser's own voice; nothing leaves the device. What is hidden, and what is only for pressing, is not read. */
  var button = document.querySelector(".read-aloud");
  var text = document.querySelector("article") || document.querySelector("main");
  if (button && text && root.classList.contains("speaks")) {
    var start = button.textContent;
    var left = 0;
    var still = function () { left = 0; button.textContent = start; };
    button.addEventListener("click", function () {
      if (left) { speechSynthesis.cancel(); still(); return; }
      text.innerText.split(/\n+/).forEach(function (line) {
        if (!line.trim()) { return; }
        var words = new SpeechSynthesisUtterance(line.trim());
        words.lang = root.lang === "zh-Hans" ? "zh-CN" : root.lang;
        words.onend = function () { left -= 1; if (left <= 0) { still(); } };
        left += 1;
        speechSynthesis.speak(words);
      });
      if (left) { button.textContent = button.dataset.stop; }
    });
    window.addEventListener("pagehide", function () { speechSynthesis.cancel(); });
  }
})();
