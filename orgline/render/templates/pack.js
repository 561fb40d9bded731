(function () {
  "use strict";
  const root = document.documentElement, results = document.getElementById("results");
  const index = JSON.parse(document.getElementById("index").textContent);
  const MOST = 30;

  // Which page is shown: the one that the address names, in its language.
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
    for (const one of document.querySelectorAll(".page.open")) one.classList.remove("open");
    page.classList.add("open");
    root.lang = inLanguage.lang;
    root.classList.toggle("landscape", page.classList.contains("across"));
    const title = page.querySelector("h2");
    document.title = (title ? title.textContent + " – " : "") + "orgline";
    results.hidden = true;
    if (target === page && !root.classList.contains("all")) window.scrollTo(0, 0); else target.scrollIntoView();
  }
  window.addEventListener("hashchange", show);
  for (const one of document.querySelectorAll(".switch")) one.addEventListener("change", function () {
    const page = document.querySelector(".page.open");
    location.hash = one.value + (page ? page.id.slice(page.closest(".pages").lang.length) : "");
    show();
  });

  // Search: typed without accents, in part, by abbreviations; names were folded when the file was made.
  const LETTERS = { "\u0111": "d", "\u00f8": "o", "\u0142": "l", "\u00df": "ss", "\u0153": "oe", "\u00e6": "ae" };
  function folded(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "")
      .replace(/[\u0111\u00f8\u0142\u00df\u0153\u00e6]/g, function (one) { return LETTERS[one]; })
      .replace(/[^a-z0-9]+/g, " ").trim();
  }
  const pages = index.pages.map(function (one) {
    return { number: one[0], names: one[1].split("|"), words: one[1].split(/[ |]/), titles: one[2], kinds: one[3] };
  });
  function longer(text) { return Object.hasOwn(index.short, text) ? index.short[text] : []; }
  function wanted(words) {
    const all = [];
    for (let at = 0; at < words.length; at += 1) {
      const two = at + 1 < words.length ? longer(words[at] + " " + words[at + 1]) : [];
      all.push({ begun: two.length ? [words[at], words[at + 1]] : [words[at]], instead: two.length ? two : longer(words[at]) });
      if (two.length) at += 1;
    }
    return all;
  }
  function fits(page, one) {
    const begun = one.begun.every(function (word) { return page.words.some(function (known) { return known.startsWith(word); }); });
    return begun || one.instead.some(function (text) {
      return text.split(" ").every(function (word) { return page.words.includes(word); });
    });
  }
  function distance(page, words) {
    const text = words.join(" ");
    return Math.min.apply(null, page.names.map(function (name) {
      const rank = name === text ? 0 : name.startsWith(text) ? 1 : words.every(function (one) { return name.includes(one); }) ? 2 : 3;
      return rank * 10000 + Math.min(name.length, 9999);
    }));
  }
  function search(typed) {
    const words = folded(typed.slice(0, 200)).split(" ").filter(Boolean).slice(0, 12);
    results.replaceChildren();
    results.hidden = !words.length;
    if (!words.length) return;
    const parts = wanted(words), lang = language(), number = index.languages.indexOf(lang);
    const found = pages.filter(function (page) { return parts.every(function (one) { return fits(page, one); }); })
      .map(function (page) { return [distance(page, words), page]; })
      .sort(function (a, b) { return a[0] - b[0]; });
    const said = index.words[number];
    element("p", found.length ? said.found.replace("{0}", found.length) : said.found_none, results);
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
      (all[at - 1] || Array.from(fields).find(function (one) { return one.lang === language(); })).focus();
    }
  });
  results.addEventListener("click", function (event) { if (event.target.closest("a")) results.hidden = true; });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") results.hidden = true; });
  document.addEventListener("click", function (event) { if (!event.target.closest(".top")) results.hidden = true; });

  // All at once, and on paper.
  for (const one of document.querySelectorAll("[data-all]")) one.addEventListener("click", function () {
    const all = root.classList.toggle("all");
    for (const each of document.querySelectorAll("[data-all]")) each.setAttribute("aria-pressed", String(all));
    if (!all) show();
  });
  for (const one of document.querySelectorAll("[data-print]")) one.addEventListener("click", function () { window.print(); });
  show();
})();
