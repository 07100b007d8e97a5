"use strict";
/* The search page: words and filters from the address, hits with their words in context, more by a button. What the filters can
   be is offered from the pages of lists, asked for when somebody first comes to such a field: the first view carries none of it. */
(function () {
  var form = document.querySelector("form.search-page");
  if (!form || !window.RecordSearch) { return; }
  var KINDS = JSON.parse(form.dataset.kinds), list = document.querySelector(".search-hits"), said = document.querySelector(".search-said"), next = document.querySelector(".search-more");
  var search = new window.RecordSearch(new URL(form.dataset.base, location.href).href), asked = 0, PAGE = 10;
  function part(name, text, css) { var made = document.createElement(name); made.textContent = text; if (css) { made.className = css; } return made; }
  function order() { return form.elements.sort ? form.elements.sort.value : ""; }
  function row(found) {
    var line = document.createElement("li"), link = part("a", found.title), context = document.createElement("p");
    link.href = search.base + found.url;
    context.append(found.context.before, part("mark", found.context.words), found.context.after);
    line.append(link, context, part("p", [KINDS[found.kind], found.region, found.unit, found.state, found.day, order() === "due" && found.due ? "期限 " + found.due : ""].filter(Boolean).join(" · "), "meta"));
    return line;
  }
  function show(answer, mine) {
    return answer.take(PAGE).then(function (hits) {
      if (mine !== asked) { return; }
      hits.forEach(function (found) { list.append(row(found)); });
      next.hidden = hits.length < PAGE;
      if (hits.length < PAGE && !answer.exact) { said.textContent = "找到 " + list.children.length + " 条。"; }
      next.onclick = function () { show(answer, mine).catch(failed); };
    });
  }
  function failed() { said.textContent = "现在搜不了，请稍后再试，或去下面的完整列表看看。"; }
  function ask() {
    var typed = form.elements.q.value, filters = {}, mine = asked += 1;
    ["kind", "year", "region", "unit", "state"].forEach(function (name) { if (form.elements[name] && form.elements[name].value) { filters[name] = form.elements[name].value; } });
    list.replaceChildren(); next.hidden = true;
    if (!typed.trim() && !Object.keys(filters).length) { said.textContent = ""; return; }
    said.textContent = "正在找……";
    search.find(typed, filters, order()).then(function (answer) {
      if (mine !== asked) { return null; }
      said.textContent = answer.short ? "请至少输入两个字。" : answer.total === 0 ? "没有找到。换个说法，或去下面的完整列表看看。" : (answer.exact ? "找到 " : "找到约 ") + answer.total + " 条。" + (answer.unsorted ? "太多，没有按期限排。请再选类别、年份或单位。" : "");
      return show(answer, mine);
    }).catch(failed);
  }
  function address() {
    var words = new URLSearchParams();
    Array.prototype.forEach.call(form.elements, function (field) { if (field.name && field.value) { words.set(field.name, field.value); } });
    history.replaceState(null, "", location.pathname + (String(words) ? "?" + words : ""));
  }

  var FACETS = { region: "region", unit: "unit", state: "status" }, NEWEST_YEARS = 3, NO_STATE = "未注明状态", offered = "";
  function pageOf(path) {
    return fetch(search.base + path).then(function (answer) { return answer.ok ? answer.text() : ""; }).then(function (text) { return new DOMParser().parseFromString(text, "text/html"); });
  }
  function yearsOf(kind) {
    if (/^\d{4}$/.test(form.elements.year.value)) { return Promise.resolve([form.elements.year.value]); }
    return pageOf("records/" + kind + "/").then(function (page) {
      var years = Array.from(page.querySelectorAll(".tags a")).map(function (link) { return (link.getAttribute("href").match(/lists\/[\w-]+\/(\d{4})\/$/) || [])[1]; });
      return Array.from(new Set(years.filter(Boolean))).sort().slice(-NEWEST_YEARS);
    });
  }
  function offer() {
    var kinds = form.elements.kind.value ? [form.elements.kind.value] : Object.keys(KINDS), wanted = kinds + " " + form.elements.year.value;
    if (wanted === offered) { return; }
    offered = wanted;
    Promise.all(kinds.map(function (kind) {
      return yearsOf(kind).then(function (years) { return Promise.all(years.map(function (year) { return pageOf("lists/" + kind + "/" + year + "/"); })); });
    })).then(function (pages) {
      if (wanted !== offered) { return; }
      Object.keys(FACETS).forEach(function (name) {
        var held = {}, list = document.getElementById(name + "-known");
        [].concat.apply([], pages).forEach(function (page) {
          page.querySelectorAll('.tags a[href*="/' + FACETS[name] + '-"]').forEach(function (link) { var word = link.firstChild.textContent.trim(); if (word === NO_STATE) { return; } held[word] = (held[word] || 0) + Number(link.querySelector(".num").textContent.replace(/,/g, "")); });
        });
        list.replaceChildren.apply(list, Object.keys(held).sort(function (one, other) { return held[other] - held[one]; }).map(function (word) { var choice = document.createElement("option"); choice.value = word; return choice; }));
      });
    }).catch(function () { offered = ""; });
  }
  form.addEventListener("focusin", function (event) { if (FACETS[event.target.name]) { offer(); } });
  form.addEventListener("submit", function (event) { event.preventDefault(); address(); ask(); });
  form.addEventListener("change", function () { address(); ask(); });
  new URLSearchParams(location.search).forEach(function (value, name) { if (form.elements[name === "query" ? "q" : name]) { form.elements[name === "query" ? "q" : name].value = value; } });
  ask();
}());
