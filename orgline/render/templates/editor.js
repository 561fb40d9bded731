// The query editor: highlighted text backdrop a plain text area, and completion from the ontology.
(function () {
  "use strict";
  const known = JSON.parse(document.getElementById("known").textContent);
  const form = document.getElementById("ask"), editor = document.getElementById("editor"), area = document.getElementById("query");
  const backdrop = document.createElement("pre"), list = document.createElement("ul");
  const MOST = 12, LONG = 20000, HEAVY = 4000;
  const WORDS = ("ADD ALL AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL COALESCE CONCAT CONSTRUCT CONTAINS COUNT DATATYPE DAY DESC " +
    "DESCRIBE DISTINCT EXISTS FILTER FLOOR FROM GRAPH GROUP GROUP_CONCAT HAVING IF IN IRI ISBLANK ISIRI ISLITERAL LANG " +
    "LANGMATCHES LCASE LIMIT MAX MIN MINUS MONTH NAMED NOT NOW OFFSET OPTIONAL ORDER PREFIX REDUCED REGEX REPLACE ROUND SAMPLE " +
    "SELECT SEPARATOR STR STRAFTER STRBEFORE STRENDS STRLEN STRSTARTS SUBSTR SUM UCASE UNDEF UNION URI VALUES WHERE YEAR").split(" ");
  const PARTS = new RegExp([
    "(?<note>#[^\\n]*)", "(?<string>\"\"\"[^]*?\"\"\"|'''[^]*?'''|\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\\n]|\\\\.)*')",
    "(?<name><[^<>\\s\"{}|^`\\\\]*>|[\\p{L}][\\p{L}\\p{N}_.-]*:[\\p{L}\\p{N}_.-]*|:[\\p{L}\\p{N}_-]+)", "(?<variable>[?$][\\p{L}\\p{N}_]+)",
    "(?<word>\\b[A-Za-z_]+\\b)"
  ].join("|"), "gu");
  const CLASS = { note: "note-text", string: "string", name: "name", variable: "variable", word: "word" };
  const keywords = new Set(WORDS);
  let options = [], active = -1, start = 0, timer = 0;

  backdrop.setAttribute("aria-hidden", "true");
  list.id = "terms";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", editor.dataset.label);
  editor.prepend(backdrop);
  editor.append(list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);

  function highlight() {
    const text = area.value, found = document.createDocumentFragment();
    // A long text is not highlighted: typing must not become slow.
    editor.classList.toggle("lit", text.length <= LONG);
    if (text.length > LONG) return;
    let at = 0;
    for (const part of text.matchAll(PARTS)) {
      const kind = Object.keys(CLASS).find(function (name) { return part.groups[name] !== undefined; });
      if (kind === "word" && !keywords.has(part[0].toUpperCase()) && part[0] !== "a") continue;
      const span = document.createElement("span");
      span.className = CLASS[kind];
      span.textContent = part[0];
      found.append(text.slice(at, part.index), span);
      at = part.index + part[0].length;
    }
    found.append(text.slice(at) + "\n");
    backdrop.replaceChildren(found);
    backdrop.scrollTop = area.scrollTop;
  }

  // Completions for the characters typedBeforeCaret the caret.
  function typedBeforeCaret() { return /[<\p{L}\p{N}_:./#-]*$/u.exec(area.value.slice(0, area.selectionStart))[0]; }
  function folded(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase(); }
  function candidates(typed) {
    const wanted = folded(typed), colon = wanted.indexOf(":"), local = folded(typed.slice(colon + 1)), found = [];
    for (const [name, label] of known.terms) {
      const own = folded(name), place = own.indexOf(wanted);
      const rank = place === 0 ? 0 : colon < 0 && wanted.length > 1 && place > 0 ? 2
        : wanted.length > 1 && folded(label).includes(colon < 0 ? wanted : local) && (colon < 0 || own.startsWith(wanted.slice(0, colon + 1))) ? 3 : -1;
      if (rank >= 0) found.push({ text: name, label: label, rank: rank });
    }
    if (colon < 0) {
      for (const prefix of Object.keys(known.prefixes)) {
        if (prefix.toLowerCase().startsWith(wanted)) found.push({ text: prefix + ":", label: known.prefixes[prefix], rank: 1 });
      }
      for (const word of WORDS) if (wanted && word.toLowerCase().startsWith(wanted)) found.push({ text: word, label: "", rank: 0.5 });
    }
    return found.sort(function (a, b) { return a.rank - b.rank || a.text.length - b.text.length || (a.text < b.text ? -1 : 1); }).slice(0, MOST);
  }
  function close() {
    list.hidden = true;
    options = [];
    active = -1;
    area.removeAttribute("aria-activedescendant");
  }
  function choose(number) {
    active = (number + options.length) % options.length;
    Array.from(list.children).forEach(function (item, at) { item.setAttribute("aria-selected", String(at === active)); });
    area.setAttribute("aria-activedescendant", "term-" + active);
    list.children[active].scrollIntoView({ block: "nearest" });
  }
  function suggest() {
    const typed = typedBeforeCaret();
    start = area.selectionStart - typed.length;
    options = candidates(typed);
    if (!options.length) { close(); return; }
    list.replaceChildren(...options.map(function (option, at) {
      const item = document.createElement("li"), label = document.createElement("small");
      item.id = "term-" + at;
      item.setAttribute("role", "option");
      label.textContent = option.label;
      item.append(option.text, " ", label);
      item.addEventListener("mousedown", function (event) { event.preventDefault(); take(at); });
      return item;
    }));
    list.hidden = false;
    place();
    choose(0);
  }
  // The list is placed below the text that is being typed; the copy of the text behind the area shows where that is.
  function place() {
    const walker = document.createTreeWalker(backdrop, NodeFilter.SHOW_TEXT), range = document.createRange(), own = editor.getBoundingClientRect();
    let left = start, node = walker.nextNode();
    while (node && node.length < left) { left -= node.length; node = walker.nextNode(); }
    if (!node || !editor.classList.contains("lit")) { list.style.top = "100%"; list.style.left = "0"; return; }
    range.setStart(node, left);
    range.setEnd(node, Math.min(left + 1, node.length));
    const at = range.getBoundingClientRect(), side = at.left - own.left;
    list.style.top = Math.min(Math.max(at.bottom - own.top + 4, 20), own.height) + "px";
    list.style.left = Math.max(0, Math.min(side, own.width - Math.min(list.offsetWidth, own.width))) + "px";
  }
  function take(number) {
    const option = options[number], prefix = option.text.split(":")[0];
    area.setRangeText(option.text, start, area.selectionStart, "end");
    const declared = new RegExp("\\bPREFIX\\s+" + prefix.replace(/[.\\-]/g, "\\$&") + "\\s*:", "i").test(area.value);
    if (option.text.includes(":") && known.prefixes[prefix] && !option.text.startsWith("<") && !declared) {
      const line = "PREFIX " + prefix + ": <" + known.prefixes[prefix] + ">\n", caret = area.selectionStart + line.length;
      area.setRangeText(line, 0, 0);
      area.setSelectionRange(caret, caret);
    }
    close();
    highlight();
    if (option.text.endsWith(":")) suggest();
  }

  area.addEventListener("input", function () {
    highlight();
    clearTimeout(timer);
    const typed = typedBeforeCaret();
    if (typed.includes(":") || /^[\p{L}]{3,}$/u.test(typed)) timer = setTimeout(suggest, 80);
    else close();
  });
  area.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    const isOpen = !list.hidden;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
    else if (event.key === " " && event.ctrlKey) { event.preventDefault(); suggest(); }
    else if (isOpen && event.key === "ArrowDown") { event.preventDefault(); choose(active + 1); }
    else if (isOpen && event.key === "ArrowUp") { event.preventDefault(); choose(active - 1); }
    else if (isOpen && event.key === "Escape") { event.preventDefault(); close(); }
    else if (isOpen && (event.key === "Enter" || event.key === "Tab") && !event.shiftKey && typedBeforeCaret() !== options[active].text) { event.preventDefault(); take(active); }
    else if (isOpen && (event.key === "Enter" || event.key === "Tab")) close();
  });
  area.addEventListener("scroll", function () { backdrop.scrollTop = area.scrollTop; });
  area.addEventListener("blur", function () { clearTimeout(timer); close(); });
  // What is too long for an address is sent as a form.
  form.addEventListener("submit", function () { form.method = new TextEncoder().encode(area.value).length > HEAVY ? "post" : "get"; });
  highlight();
})();
