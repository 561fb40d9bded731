(function () {
  "use strict";
  const root = document.documentElement, results = document.getElementById("results");
  const index = JSON.parse(document.getElementById("index").textContent);
  const MOST = 30;

  // The page shown is that of the address, in its language.
  function element(tag, text, parent) {
    const made = document.createElement(tag);
    made.textContent = text;
    if (parent) parent.append(made);
    return made;
  }
  function language() { return document.querySelector(".switch:checked").value; }
  function show() {
    const asked = location.hash.slice(1), lang = language();
    let target = (asked && document.getElementById(asked)) || document.getElementById(lang);
    if (!target.closest(".page")) target = document.getElementById(lang);
    const page = target.closest(".page"), inLanguage = target.closest(".pages");
    if (inLanguage.lang !== lang) document.getElementById("lang-" + inLanguage.lang).checked = true;
    for (const open of document.querySelectorAll(".page.open")) open.classList.remove("open");
    page.classList.add("open");
    root.lang = inLanguage.lang;
    root.classList.toggle("landscape", page.classList.contains("across"));
    const title = page.querySelector("h2");
    document.title = (title ? title.textContent + " – " : "") + "orgline";
    results.hidden = true;
    if (target === page && !root.classList.contains("all")) window.scrollTo(0, 0); else target.scrollIntoView();
  }
  window.addEventListener("hashchange", show);
  for (const choice of document.querySelectorAll(".switch")) choice.addEventListener("change", function () {
    const page = document.querySelector(".page.open");
    location.hash = choice.value + (page ? page.id.slice(page.closest(".pages").lang.length) : "");
    show();
  });

  // Search without accents, by the beginnings of words and by abbreviations; names are folded in the file.
  const LETTERS = { "\u0111": "d", "\u00f8": "o", "\u0142": "l", "\u00df": "ss", "\u0153": "oe", "\u00e6": "ae" };
  function folded(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "")
      .replace(/[\u0111\u00f8\u0142\u00df\u0153\u00e6]/g, function (letter) { return LETTERS[letter]; })
      .replace(/[^a-z0-9]+/g, " ").trim();
  }
  const pages = index.pages.map(function ([number, names, titles, kinds]) {
    return { number: number, names: names.split("|"), words: names.split(/[ |]/), titles: titles, kinds: kinds };
  });
  function expansions(text) { return Object.hasOwn(index.short, text) ? index.short[text] : []; }
  function wanted(words) {
    const all = [];
    for (let at = 0; at < words.length; at += 1) {
      const two = at + 1 < words.length ? expansions(words[at] + " " + words[at + 1]) : [];
      all.push({ begun: two.length ? [words[at], words[at + 1]] : [words[at]], instead: two.length ? two : expansions(words[at]) });
      if (two.length) at += 1;
    }
    return all;
  }
  function fits(page, part) {
    const begun = part.begun.every(function (word) { return page.words.some(function (known) { return known.startsWith(word); }); });
    return begun || part.instead.some(function (text) {
      return text.split(" ").every(function (word) { return page.words.includes(word); });
    });
  }
  function distance(page, words) {
    const text = words.join(" ");
    return Math.min.apply(null, page.names.map(function (name) {
      const rank = name === text ? 0 : name.startsWith(text) ? 1 : words.every(function (word) { return name.includes(word); }) ? 2 : 3;
      return rank * 10000 + Math.min(name.length, 9999);
    }));
  }
  function search(typed) {
    const words = folded(typed.slice(0, 200)).split(" ").filter(Boolean).slice(0, 12);
    results.replaceChildren();
    results.hidden = !words.length;
    if (!words.length) return;
    const parts = wanted(words), lang = language(), number = index.languages.indexOf(lang);
    const found = pages.filter(function (page) { return parts.every(function (part) { return fits(page, part); }); })
      .map(function (page) { return [distance(page, words), page]; })
      .sort(function (a, b) { return a[0] - b[0]; });
    const texts = index.words[number];
    element("p", found.length ? texts.found.replace("{0}", found.length) : texts.found_none, results);
    const list = element("ol", "", results);
    for (const [, page] of found.slice(0, MOST)) {
      const link = element("a", page.titles[number], element("li", "", list));
      link.href = "#" + lang + page.number;
      element("small", page.kinds[number], link);
    }
  }
  const fields = document.querySelectorAll(".find input");
  for (const field of fields) {
    field.addEventListener("input", function () { search(field.value); });
    field.addEventListener("focus", function () { if (field.value) search(field.value); });
    field.addEventListener("keydown", function (event) {
      const first = results.querySelector("a");
      if (event.key === "Enter" && first) first.click();
      if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
    });
  }
  results.addEventListener("keydown", function (event) {
    const all = Array.from(results.querySelectorAll("a")), at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && all[at + 1]) { event.preventDefault(); all[at + 1].focus(); }
    if (event.key === "ArrowUp") {
      event.preventDefault();
      (all[at - 1] || Array.from(fields).find(function (field) { return field.lang === language(); })).focus();
    }
  });
  results.addEventListener("click", function (event) { if (event.target.closest("a")) results.hidden = true; });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") results.hidden = true; });
  document.addEventListener("click", function (event) { if (!event.target.closest(".top")) results.hidden = true; });

  // All pages at once, and printing.
  for (const button of document.querySelectorAll("[data-all]")) button.addEventListener("click", function () {
    const all = root.classList.toggle("all");
    for (const other of document.querySelectorAll("[data-all]")) other.setAttribute("aria-pressed", String(all));
    if (!all) show();
  });
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", function () { window.print(); });
  show();
})();
