// Adds zooming and dragging to a chart; without it the chart is complete.
(function () {
  "use strict";
  const zoom = document.getElementById("zoom");
  const frames = Array.from(document.querySelectorAll(".chart-frame"));
  if (!zoom || !frames.length) { return; }
  zoom.hidden = false;
  let scale = 1;

  function visibleFrame() { return frames.find(function (frame) { return frame.offsetParent !== null; }) || frames[0]; }
  function setScale(by) {
    const frame = visibleFrame(), svg = frame.querySelector("svg"), box = svg.viewBox.baseVal;
    const before = svg.clientWidth || box.width;
    const x = (frame.scrollLeft + frame.clientWidth / 2) / before, y = (frame.scrollTop + frame.clientHeight / 2) / svg.clientHeight;
    scale = by ? Math.min(4, Math.max(0.15, before / box.width * by)) : Math.min(1, (frame.clientWidth - 4) / box.width);
    svg.style.minWidth = "0";
    svg.style.maxWidth = "none";
    svg.style.width = Math.round(box.width * scale) + "px";
    frame.scrollLeft = x * svg.clientWidth - frame.clientWidth / 2;
    frame.scrollTop = y * svg.clientHeight - frame.clientHeight / 2;
  }
  zoom.addEventListener("click", function (event) {
    const button = event.target.closest("button");
    if (button && button.hasAttribute("data-print")) { window.print(); }
    else if (button) { setScale(Number(button.dataset.zoom)); }
  });
  frames.forEach(function (frame) {
    let from = null, moved = false;
    frame.addEventListener("wheel", function (event) {
      if (event.ctrlKey) { event.preventDefault(); setScale(event.deltaY < 0 ? 1.12 : 0.89); }
    }, { passive: false });
    frame.addEventListener("pointerdown", function (event) {
      if (event.pointerType === "mouse" && event.button === 0) {
        from = [event.clientX, event.clientY, frame.scrollLeft, frame.scrollTop];
        moved = false;
      }
    });
    window.addEventListener("pointermove", function (event) {
      if (!from) { return; }
      moved = moved || Math.abs(event.clientX - from[0]) + Math.abs(event.clientY - from[1]) > 5;
      if (moved) {
        frame.scrollLeft = from[2] - (event.clientX - from[0]);
        frame.scrollTop = from[3] - (event.clientY - from[1]);
      }
    });
    window.addEventListener("pointerup", function () { from = null; });
    frame.addEventListener("dragstart", function (event) { event.preventDefault(); });
    frame.addEventListener("click", function (event) {
      if (moved) { event.preventDefault(); moved = false; }
    }, true);
    frame.addEventListener("keydown", function (event) {
      if (event.key === "+" || event.key === "=") { setScale(1.25); }
      if (event.key === "-") { setScale(0.8); }
      if (event.key === "0") { setScale(0); }
    });
  });
})();
