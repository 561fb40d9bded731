// The search box as one types: a combobox with a listbox under it (WAI-ARIA APG). Words are text nodes only.
(function () {
  "use strict";
  const form = document.querySelector("form.find"), input = form && form.querySelector("input[name=q]");
  if (!input) return;
  const list = document.createElement("ul"), told = document.createElement("p");
  const WAIT = 120;
  let asking = null, timer = 0, options = [], active = -1, asked = "";

  list.id = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.label);
  told.className = "hidden";
  told.setAttribute("role", "status");
  form.append(list, told);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  function close() {
    list.hidden = true;
    list.replaceChildren();
    options = [];
    choose(-1);
    input.setAttribute("aria-expanded", "false");
  }
  function choose(number) {
    if (active >= 0 && options[active]) options[active].setAttribute("aria-selected", "false");
    active = number;
    if (active < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    options[active].setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  }
  function option(one, number) {
    const item = document.createElement("li"), kinds = document.createElement("small");
    item.id = "suggestion-" + number;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    kinds.textContent = one.kinds.join(" · ");
    item.append(one.label, " ", kinds);
    item.addEventListener("mousedown", function (event) { event.preventDefault(); });
    item.addEventListener("click", function () { go(one.address); });
    item.dataset.address = one.address;
    return item;
  }
  // Only pages of this service are gone to, whatever an answer says.
  function go(address) {
    const there = new URL(address, location.href);
    if (there.origin === location.origin) location.assign(there);
  }
  function show(found) {
    close();
    told.textContent = found.length ? form.dataset.found.replace("{0}", found.length) : form.dataset.none;
    if (!found.length) return;
    options = found.map(option);
    list.append(...options);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }
  async function ask() {
    const typed = input.value.trim();
    if (asking) asking.abort();
    if (!typed) { close(); return; }
    asking = new AbortController();
    const own = asking, query = new URLSearchParams(new FormData(form));
    query.set("q", typed);
    query.set("format", "json");
    try {
      const answer = await fetch(form.getAttribute("action") + "?" + query, { signal: own.signal });
      if (!answer.ok) return;
      const { found } = await answer.json();
      if (own === asking && document.activeElement === input) show(found);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", function () {
    clearTimeout(timer);
    if (input.value.trim() === asked) return;
    asked = input.value.trim();
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("blur", function () { clearTimeout(timer); if (asking) asking.abort(); asked = ""; close(); });
  input.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { ask(); return; }
      const step = event.key === "ArrowDown" ? 1 : -1, places = options.length + 1;
      choose((active + 1 + step + places) % places - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      go(options[active].dataset.address);
    }
  });
})();
