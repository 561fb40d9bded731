(function () {
  "use strict";
  const root = document.documentElement;
  const buttons = document.querySelectorAll(".languages button");
  function showLanguage(lang) {
    root.lang = lang;
    root.dataset.lang = lang;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
    for (const field of document.querySelectorAll("[data-placeholder]")) {
      field.placeholder = JSON.parse(field.dataset.placeholder)[lang];
      field.setAttribute("aria-label", field.placeholder);
    }
    document.dispatchEvent(new CustomEvent("language", { detail: lang }));
  }
  for (const button of buttons) button.addEventListener("click", function () {
    location.replace("#" + button.dataset.lang);
    showLanguage(button.dataset.lang);
  });
  for (const link of document.querySelectorAll("a[data-keep]")) link.addEventListener("click", function () {
    link.hash = root.dataset.lang;
  });
  const wanted = location.hash.slice(1);
  const available = Array.from(buttons, function (button) { return button.dataset.lang; });
  showLanguage(available.includes(wanted) ? asked : root.dataset.lang);
})();
