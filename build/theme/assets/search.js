"use strict";
/* Finds records by any two letters or more, exactly, in files that lie beside the pages. No server is asked anything.
   Used by the search page and by the worker of the search box. The other half is portal/site/search.py.

   new RecordSearch(base).find(words, filters, order) → Promise of {total, exact, unsorted, take(n)}; take(n) → Promise of the next
   hits {id, kind, title, region, unit, year, state, day, due, url, context}. A hit is shown only after its words were seen in the
   record. order: "" (newest first), "oldest", or "due" (earliest deadline first; unsorted: too many to be sorted by it). */
(function (scope) {
  var NOT_WORDS = new Set(["salt", "html", "file", "anchor", "code", "tone", "phase", "subject", "revision", "updated_at", "state", "width", "height", "size"]);
  var CONTEXT = 36;
  /* A browser asked for a thousand files at once runs out of resources and refuses them all. */
  var AT_ONCE = 16, TRIES = 3, PAUSE = 200;
  var KEPT = 400;
  var VERIFY_ALL = 24;
  /* Sorting by deadline looks at every hit first. */
  var MOST_BY_DUE = 480;

  function folded(text) { return text.normalize("NFKC").toLowerCase().replace(/[*_`#>|]+/g, "").replace(/\s+/g, " ").trim(); }
  function wordsOf(plain, out) {
    if (typeof plain === "string") { out.push(plain); }
    else if (Array.isArray(plain)) { plain.forEach(function (each) { wordsOf(each, out); }); }
    else if (plain && typeof plain === "object") { Object.keys(plain).sort().forEach(function (key) { if (!NOT_WORDS.has(key)) { wordsOf(plain[key], out); } }); }
    return out;
  }
  function textOf(record) { return wordsOf(record, []).map(folded).filter(Boolean).join("\n"); }
  function shardOf(key, shards) {
    var total = 0;
    for (var at = 0; at < key.length; at += 1) { total = (total * 31 + key.charCodeAt(at)) % 0x7fffffff; }
    return total % shards;
  }
  function plain(part) { return (part.match(/[0-9a-z]/g) || []).length; }
  /* Numbers and Latin words: three letters say more than two, and in days and long numbers five more than three. A key
     that lies within a longer one says nothing new and is not asked for. */
  function pairsOf(words) {
    var found = new Set(), fives = -9, threes = -9;
    for (var at = 0; at + 1 < words.length; at += 1) {
      var five = words.slice(at, at + 5), three = words.slice(at, at + 3);
      if (five.length === 5 && plain(five) > 2) { found.add(five); fives = at; }
      if (three.length === 3 && plain(three) > 0 && at + 3 > fives + 5) { found.add(three); threes = at; }
      if (at + 2 > fives + 5 && at + 2 > threes + 3) { found.add(words.slice(at, at + 2)); }
    }
    return Array.from(found);
  }

  function RecordSearch(base) { this.base = base; this.kept = new Map(); this.keep = KEPT; this.fetched = 0; this.running = 0; this.waiting = []; }

  RecordSearch.prototype.get = function (path, kind, fresh) {
    var self = this;
    if (!fresh && this.kept.has(path)) { return this.kept.get(path); }
    var asked = this.turn(function () { return self.ask(path, kind, fresh, TRIES); });
    if (!fresh) {
      this.kept.set(path, asked);
      asked.catch(function () { self.kept.delete(path); });
      /* The oldest goes first: a long session must not keep the whole site in memory. */
      if (this.kept.size > this.keep) { this.kept.delete(this.kept.keys().next().value); }
    }
    return asked;
  };
  RecordSearch.prototype.turn = function (work) {
    var self = this;
    return new Promise(function (done, failed) { self.waiting.push({ work: work, done: done, failed: failed }); self.next(); });
  };
  RecordSearch.prototype.next = function () {
    var self = this, one = this.running < AT_ONCE && this.waiting.shift();
    function ended() { self.running -= 1; self.next(); }
    if (one) { this.running += 1; one.work().then(function (value) { ended(); one.done(value); }, function (fault) { ended(); one.failed(fault); }); }
  };
  RecordSearch.prototype.ask = function (path, kind, fresh, tries) {
    var self = this;
    return fetch(this.base + path, fresh ? { cache: "no-store" } : {}).then(function (answer) {
      if (answer.status === 404) { return null; }
      if (!answer.ok) { throw new Error("search file " + path + ": " + answer.status); }
      return answer.arrayBuffer();
    }).then(function (data) {
      if (data === null) { return null; }
      self.fetched += data.byteLength;
      if (kind === "binary") { return data; }
      var value = JSON.parse(new TextDecoder().decode(data));
      return kind === "text" ? textOf(value) : value;
    }).catch(function (fault) {
      if (tries <= 1) { throw fault; }
      return new Promise(function (done) { setTimeout(done, PAUSE); }).then(function () { return self.ask(path, kind, fresh, tries - 1); });
    });
  };

  RecordSearch.prototype.open = function () {
    var self = this;
    return Promise.all([this.get("search/index.json", "json", true), this.get("search/delta.json", "json", true)]).then(function (both) {
      self.index = both[0]; self.delta = both[1] || { gone: [], records: {} };
      if (!self.index) { throw new Error("no search index"); }
    });
  };
  /* A file of the base: all of them are there, so that one which is not means that a newer base took its place. */
  RecordSearch.prototype.ofBase = function (name, kind) {
    return this.get("search/" + this.index.base + "/" + name, kind).then(function (data) {
      if (data === null) { var moved = new Error("a newer base"); moved.moved = true; throw moved; }
      return data;
    });
  };

  /* Block number → which records hold the key, as a byte a record; blocks without it are absent. */
  RecordSearch.prototype.places = function (key) {
    var self = this;
    return this.ofBase("s-" + shardOf(key, this.index.shards) + ".bin", "binary").then(function (data) {
      var blocks = new Map(), view = new DataView(data), at = 0;
      while (at < data.byteLength) {
        var block = view.getUint16(at, true), size = view.getUint16(at + 2, true) || self.index.block, end = at + 8 + view.getUint32(at + 4, true);
        at += 8;
        while (at < end) {
          var length = view.getUint8(at), form = view.getUint8(at + 1), bytes = view.getUint32(at + 2, true), same = length === key.length * 2;
          for (var letter = 0; same && letter < key.length; letter += 1) { same = view.getUint16(at + 6 + letter * 2, true) === key.charCodeAt(letter); }
          if (same) { blocks.set(block, unpack(view, at + 6 + length, bytes, form, size)); }
          at += 6 + length + bytes;
        }
      }
      return blocks;
    });
  };
  function unpack(view, at, bytes, form, size) {
    var flags = new Uint8Array(size), number;
    if (form === 1) { for (number = 0; number < size; number += 1) { flags[number] = (view.getUint8(at + (number >> 3)) >> (number & 7)) & 1; } }
    else { for (number = 0; number < bytes; number += 2) { flags[view.getUint16(at + number, true)] = 1; } }
    return flags;
  }

  RecordSearch.prototype.candidates = function (keys) {
    var self = this;
    if (!this.index.records) { return Promise.resolve([]); }
    return Promise.all(keys.map(function (key) { return self.places(key); })).then(function (all) {
      var found = [], gone = new Set(self.delta.gone), blocks = Math.ceil(self.index.records / self.index.block);
      for (var block = blocks - 1; block >= 0; block -= 1) {
        var flags = all.map(function (places) { return places.get(block); });
        if (flags.some(function (each) { return !each; })) { continue; }
        for (var number = flags[0].length - 1; number >= 0; number -= 1) {
          var held = true;
          for (var each = 0; held && each < flags.length; each += 1) { held = flags[each][number] === 1; }
          if (held && !gone.has(block * self.index.block + number)) { found.push(block * self.index.block + number); }
        }
      }
      return found;
    });
  };

  RecordSearch.prototype.line = function (number) {
    var lines = this.index.lines;
    return this.ofBase("d-" + Math.floor(number / lines) + ".json", "json").then(function (table) { return table[number % lines]; });
  };

  function hit(line, text, words) {
    var at = text.indexOf(words);
    if (at < 0) { return null; }
    var start = Math.max(text.lastIndexOf("\n", at) + 1, at - CONTEXT), stop = text.indexOf("\n", at), end = Math.min(stop < 0 ? text.length : stop, at + words.length + CONTEXT * 2);
    return { id: line[0], kind: line[1], title: line[2], region: line[3], unit: line[4], year: line[5], state: line[6], day: line[7], due: line[8] || "", url: "records/" + line[1] + "/" + line[0] + "/",
      context: { before: text.slice(start, at), words: text.slice(at, at + words.length), after: text.slice(at + words.length, end) } };
  }

  RecordSearch.prototype.look = function (number, words) {
    var self = this;
    return this.line(number).then(function (line) {
      if (!words) { return hit(line, "", ""); }
      return self.get("records/" + line[1] + "/" + line[0] + "/record.json", "text").then(function (text) { return text === null ? null : hit(line, text, words); });
    });
  };

  function byDue(one, other) { return one.due === other.due ? 0 : !one.due ? 1 : !other.due ? -1 : one.due < other.due ? -1 : 1; }

  RecordSearch.prototype.find = function (typed, filters, order) {
    var self = this;
    return this.findOnce(typed, filters, order).catch(function (fault) { if (!fault.moved) { throw fault; } return self.findOnce(typed, filters, order); });
  };
  RecordSearch.prototype.findOnce = function (typed, filters, order) {
    var self = this, words = folded(typed), wanted = filters || {};
    /* No words but a filter: the list of everything that has it, newest first. */
    var browsing = words === "" && Object.keys(wanted).some(function (name) { return wanted[name]; });
    if (!browsing && words.replace(/ /g, "").length < 2) { return Promise.resolve({ total: 0, exact: true, short: true, take: function () { return Promise.resolve([]); } }); }
    return this.open().then(function () {
      var keys = pairsOf(words);
      Object.keys(wanted).forEach(function (name) { if (wanted[name]) { keys.push("\u0001" + name + ":" + wanted[name]); } });
      return self.candidates(keys);
    }).then(function (numbers) {
      /* What changed since the base was made stands before it; oldest first, behind it. */
      var fresh = self.inDelta(words, wanted), late = [], next = 0, byDeadline = order === "due" && numbers.length <= MOST_BY_DUE;
      if (order === "oldest") { numbers.reverse(); late = fresh.reverse(); fresh = []; }
      /* One word of two letters is one pair: whoever holds the pair holds the word. Otherwise a few candidates are all looked at. */
      var exact = browsing || words.length === 2;
      function more(count) {
        var part = numbers.slice(next, next + count);
        next += part.length;
        return Promise.all(part.map(function (number) { return self.look(number, words); })).then(function (found) {
          found = found.filter(Boolean);
          return found.length < count && next < numbers.length ? more(count - found.length).then(function (rest) { return found.concat(rest); }) : found;
        });
      }
      function take(count) {
        var first = fresh.splice(0, count);
        return first.length === count ? Promise.resolve(first) : more(count - first.length).then(function (rest) { first = first.concat(rest); return first.concat(late.splice(0, count - first.length)); });
      }
      var answer = { total: fresh.length + numbers.length + late.length, exact: exact, unsorted: order === "due" && !byDeadline, take: take };
      if (!byDeadline && (exact || numbers.length > VERIFY_ALL)) { return answer; }
      return more(numbers.length).then(function (found) {
        fresh = fresh.concat(found, late); late = [];
        if (byDeadline) { fresh.sort(byDue); }
        answer.total = fresh.length; answer.exact = true;
        return answer;
      });
    });
  };

  RecordSearch.prototype.inDelta = function (words, wanted) {
    var records = this.delta.records;
    return Object.keys(records).map(function (id) { return records[id]; }).sort(function (one, other) { return other.index - one.index; }).filter(function (each) {
      return (!wanted.kind || wanted.kind === each.line[1]) && (!wanted.region || wanted.region === each.line[3]) && (!wanted.state || wanted.state === each.line[6]) && (!wanted.unit || wanted.unit === each.line[4]) && (!wanted.year || wanted.year === each.line[5]);
    }).map(function (each) { return hit(each.line, each.text, words); }).filter(Boolean);
  };

  scope.RecordSearch = RecordSearch;
}(typeof self === "undefined" ? this : self));
