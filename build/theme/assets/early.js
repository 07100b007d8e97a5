"use strict";
/* Before the first paint: the size and theme a reader chose earlier. Kept on the device only. */
(function () {
  var root = document.documentElement;
  root.classList.replace("no-js", "js");
  if (window.speechSynthesis && window.SpeechSynthesisUtterance) { root.classList.add("speaks"); }
  try {
    ["size", "theme"].forEach(function (name) {
      var chosen = localStorage.getItem("look-" + name);
      if (chosen) { root.setAttribute("data-" + name, chosen); }
    });
  } catch (refused) { /* A browser that keeps nothing still reads the page. */ }
})();
