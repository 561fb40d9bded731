// Suggestions while typing: a combobox with a listbox (WAI-ARIA Authoring Practices). Text is added as text nodes only.
(function () {
  "use strict";
  const form = document.querySelector("form.find"), input = form && form.querySelector("input[name=q]");
  if (!input) return;
  const list = document.createElement("ul"), announcement = document.createElement("p");
  const WAIT = 120;
  let request = null, timer = 0, options = [], active = -1, lastTyped = "";

  list.id = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.label);
  announcement.className = "hidden";
  announcement.setAttribute("role", "status");
  form.append(list, announcement);
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
  function option(hit, number) {
    const item = document.createElement("li"), kinds = document.createElement("small");
    item.id = "suggestion-" + number;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    kinds.textContent = hit.kinds.join(" · ");
    item.append(hit.label, " ", kinds);
    item.addEventListener("mousedown", function (event) { event.preventDefault(); });
    item.addEventListener("click", function () { openPage(hit.address); });
    item.dataset.address = hit.address;
    return item;
  }
  // Only pages of this service are opened, whatever an answer holds.
  function openPage(address) {
    const there = new URL(address, location.href);
    if (there.origin === location.origin) location.assign(there);
  }
  function show(found) {
    close();
    announcement.textContent = found.length ? form.dataset.found.replace("{0}", found.length) : form.dataset.none;
    if (!found.length) return;
    options = found.map(option);
    list.append(...options);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  }
  async function fetchSuggestions() {
    const typed = input.value.trim();
    if (request) request.abort();
    if (!typed) { close(); return; }
    request = new AbortController();
    const own = request, query = new URLSearchParams(new FormData(form));
    query.set("q", typed);
    query.set("format", "json");
    try {
      const answer = await fetch(form.getAttribute("action") + "?" + query, { signal: own.signal });
      if (!answer.ok) return;
      const { found } = await answer.json();
      if (own === request && document.activeElement === input) show(found);
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  }

  input.addEventListener("input", function () {
    clearTimeout(timer);
    if (input.value.trim() === lastTyped) return;
    lastTyped = input.value.trim();
    timer = setTimeout(fetchSuggestions, WAIT);
  });
  input.addEventListener("blur", function () { clearTimeout(timer); if (request) request.abort(); lastTyped = ""; close(); });
  input.addEventListener("keydown", function (event) {
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { fetchSuggestions(); return; }
      const step = event.key === "ArrowDown" ? 1 : -1, places = options.length + 1;
      choose((active + 1 + step + places) % places - 1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      openPage(options[active].dataset.address);
    }
  });
})();
