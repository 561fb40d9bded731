// Draws things and the lines between them with vis-network; opening a box loads its neighbours.
// What the service sends becomes text nodes and labels on a canvas, never markup.
(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const style = data.style, words = data.words;
  const LINE = 17, PAD = 9, ROW = 14;
  let WIDE = 190, GAP = 124;
  const frame = document.getElementById("frame"), canvas = document.getElementById("canvas");
  const details = document.getElementById("chosen"), announcement = document.getElementById("announcement");
  const things = new Map(), lines = new Map(), shownNodes = new vis.DataSet(), shownEdges = new vis.DataSet();
  const dark = matchMedia("(prefers-color-scheme: dark)"), still = matchMedia("(prefers-reduced-motion: reduce)");
  const MORE = "more ";
  let selected = null, network = null, request = null;

  function word(key, ...values) {
    return values.reduce(function (text, value, at) { return text.split("{" + at + "}").join(value); }, words[key] || key);
  }
  function css(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  // The colours of the style are for a light page; on a dark page they are made lighter.
  function onPaper(colour) {
    const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour);
    if (!dark.matches || !parts) return colour;
    return "#" + parts.slice(1).map(function (part) {
      return Math.round(parseInt(part, 16) * 0.5 + 127).toString(16).padStart(2, "0");
    }).join("");
  }

  // What is shown.
  function edgesOf(id) { return Array.from(lines.values()).filter(function (line) { return line.from === id || line.to === id; }); }
  function other(line, id) { return things.get(line.from === id ? line.to : line.from); }
  const ruler = document.createElement("canvas").getContext("2d");
  // Text is wrapped here, so that the height of a box is known before it is drawn.
  function wrapText(text, wide) {
    ruler.font = "bold 14px " + style.page.font;
    const found = [""];
    for (const part of text.split(/\s+/)) {
      const longer = found[found.length - 1] ? found[found.length - 1] + " " + part : part;
      if (ruler.measureText(longer).width <= wide || !found[found.length - 1]) found[found.length - 1] = longer;
      else found.push(part);
    }
    return found.map(function (line) {
      let cut = line;
      while (cut.length > 1 && ruler.measureText(cut).width > wide) cut = cut.slice(0, -1);
      return cut === line ? line : cut.slice(0, -1) + "…";
    });
  }
  function measure(thing) {
    const found = wrapText(thing.label, WIDE - 2 * PAD - 2);
    if (found.length > 5) found.splice(4, found.length, found[4] + " …");
    thing.text = found.join("\n");
    thing.high = found.length * LINE + 2 * PAD;
  }
  function visBox(thing) {
    const look = style.kinds[thing.look] || { fill: "#eef0f3", border: "#667085" }, chosen = thing.id === selected;
    return {
      id: thing.id, label: thing.text, shape: "box", margin: PAD, widthConstraint: { minimum: WIDE - 2 * PAD }, x: thing.x, y: thing.y,
      borderWidth: chosen ? 4 : thing.opened ? 3 : 1.5, borderWidthSelected: 4,
      color: { background: look.fill, border: chosen ? "#2f6fde" : look.border, highlight: { background: look.fill, border: "#2f6fde" } },
      font: { size: 14, face: style.page.font, color: style.page.text, multi: false, bold: { color: style.page.text } },
      shapeProperties: { borderRadius: look.shape === "round" ? 16 : 5 }
    };
  }
  function visMoreBox(thing) {
    return {
      id: MORE + thing.id, label: thing.left, shape: "box", margin: 6,
      color: { background: css("--paper"), border: css("--edge"), highlight: { background: css("--paper"), border: "#2f6fde" } },
      font: { size: 13, face: style.page.font, color: css("--muted"), multi: false }, shapeProperties: { borderDashes: [4, 4], borderRadius: 12 },
      x: thing.moreX, y: thing.moreY, widthConstraint: { minimum: WIDE - 2 * PAD }
    };
  }
  function curveOf(line, nth) {
    const isTree = things.get(line.from).parent === line.to || things.get(line.to).parent === line.from;
    if (isTree && !nth) return { enabled: true, type: "cubicBezier", forceDirection: "horizontal", roundness: 0.5 };
    return { enabled: true, type: nth % 2 ? "curvedCW" : "curvedCCW", roundness: nth ? 0.04 * nth : 0.14 };
  }
  function visEdge(line, nth) {
    const colour = onPaper(line.colour), mark = style.marks[line.mark] || {};
    const near = line.from === selected || line.to === selected;
    const isNamed = (near || lines.size <= 12) && !isNarrow() && !things.get(line.from).column && !things.get(line.to).column;
    return {
      id: line.id, from: line.from, to: line.to, width: near ? line.width + 1 : line.width, smooth: curveOf(line, nth),
      dashes: line.dash.length ? line.dash : false, label: isNamed ? wrapText(line.name, GAP)[0] : undefined,
      color: { color: mark.border ? onPaper(mark.border) : colour, highlight: colour, hover: colour, opacity: mark.faded ? 0.45 : 1 },
      arrows: {
        to: { enabled: line.arrow === "to" || line.arrow === "both", scaleFactor: 0.6 },
        from: { enabled: line.arrow === "from" || line.arrow === "both", scaleFactor: 0.6 }
      },
      font: { size: 12, face: style.page.font, color: colour, strokeWidth: 4, strokeColor: css("--paper"), align: "horizontal", multi: false, vadjust: 15 * nth }
    };
  }
  function paint() {
    const places = new Set(), strokes = [];
    for (const thing of things.values()) {
      places.add(thing.id);
      shownNodes.update(visBox(thing));
      if (thing.opened && thing.more) {
        places.add(MORE + thing.id);
        shownNodes.update(visMoreBox(thing));
        strokes.push({
          id: MORE + thing.id, from: thing.id, to: MORE + thing.id, dashes: [2, 4], color: css("--edge"),
          smooth: { enabled: true, type: "cubicBezier", forceDirection: "horizontal", roundness: 0.5 }
        });
      }
    }
    const looks = new Set(Array.from(things.values()).map(function (thing) { return thing.look; }));
    for (const entry of document.querySelectorAll("#legend [data-look]")) entry.hidden = !looks.has(entry.dataset.look);
    const together = new Map();
    for (const line of lines.values()) {
      const pair = [line.from, line.to].sort().join(" "), nth = together.get(pair) || 0;
      together.set(pair, nth + 1);
      strokes.push(visEdge(line, nth));
    }
    const kept = new Set(strokes.map(function (stroke) { return stroke.id; }));
    shownEdges.remove(shownEdges.getIds().filter(function (id) { return !kept.has(id); }));
    shownNodes.remove(shownNodes.getIds().filter(function (id) { return !places.has(id); }));
    shownEdges.update(strokes);
  }

  // Positions: a tree that grows to both sides of its root, on a narrow screen to the right only.
  function isNarrow() { return canvas.clientWidth < 560; }
  function childrenOf(id) {
    const groups = new Map();
    for (const thing of things.values()) {
      if (thing.parent !== id) continue;
      const line = edgesOf(thing.id).find(function (line) { return other(line, thing.id).id === id; });
      const key = line ? line.name + (line.from === id) : "";
      groups.set(key, (groups.get(key) || []).concat([thing]));
    }
    return Array.from(groups.values()).flat();
  }
  // Rows of the boxes on a side: many boxes without children share a row.
  function rowsOf(list) {
    const columns = isNarrow() || list.length < 11 ? 1 : list.length < 25 ? 2 : 3, rows = [];
    for (const thing of list) {
      const last = rows[rows.length - 1], isLeaf = !thing.below.length;
      if (isLeaf && last && !last[0].below.length && last.length < columns) last.push(thing);
      else rows.push([thing]);
    }
    return rows;
  }
  function rowHeight(row) { return Math.max(...row.map(function (thing) { return thing.whole; })); }
  function total(list) { return rowsOf(list).reduce(function (sum, row) { return sum + rowHeight(row); }, 0); }
  function heightOf(thing) {
    thing.below = childrenOf(thing.id);
    thing.below.forEach(heightOf);
    thing.whole = Math.max(thing.high + ROW, total(thing.below) + (thing.opened && thing.more ? 30 + ROW : 0));
  }
  function placeTrees(list, thing, x, side) {
    let y = thing.y - (total(list) + (thing.tail ? 30 + ROW : 0)) / 2;
    for (const row of rowsOf(list)) {
      row.forEach(function (child, at) {
        child.column = at;
        child.x = x + side * at * (WIDE + 16);
        child.y = y + rowHeight(row) / 2;
        child.tail = child.opened && child.more;
        placeTrees(child.below, child, child.x + side * (WIDE + GAP), side);
      });
      y += rowHeight(row);
    }
    if (thing.tail) Object.assign(thing, { moreX: x, moreY: y + 15 });
  }
  // A box keeps its side, so that opening another never moves it across.
  function assignSides(fresh) {
    const half = fresh.reduce(function (sum, thing) { return sum + thing.whole; }, 0) / 2;
    let sum = 0;
    for (const thing of fresh) {
      thing.side = sum + thing.whole / 2 <= half ? 1 : -1;
      sum += thing.whole;
    }
  }
  function arrange() {
    const roots = Array.from(things.values()).filter(function (thing) { return !thing.parent; });
    [WIDE, GAP] = isNarrow() ? [138, 46] : [190, 124];
    for (const thing of things.values()) measure(thing);
    const parts = roots.map(function (root) {
      heightOf(root);
      root.x = root.y = 0;
      assignSides(root.below.filter(function (thing) { return !thing.side; }));
      root.tail = false;
      placeTrees(root.below.filter(function (thing) { return thing.side < 0 && !isNarrow(); }), root, -(WIDE + GAP), -1);
      root.tail = root.opened && root.more;
      placeTrees(root.below.filter(function (thing) { return thing.side > 0 || isNarrow(); }), root, WIDE + GAP, 1);
      return boundsOf(root);
    });
    // Unconnected parts are placed side by side, in rows with about the proportions of the frame.
    const area = parts.reduce(function (sum, part) { return sum + part.wide * part.high; }, 0);
    const most = Math.max(...parts.map(function (part) { return part.wide; }), Math.sqrt(area * 1.6));
    let x = 0, y = 0, deep = 0;
    for (const part of parts) {
      if (x && x + part.wide > most) { x = 0; y += deep; deep = 0; }
      for (const thing of part.all) Object.assign(thing, { x: thing.x - part.left + x, y: thing.y - part.top + y, moreX: thing.moreX - part.left + x, moreY: thing.moreY - part.top + y });
      x += part.wide;
      deep = Math.max(deep, part.high);
    }
  }
  function boundsOf(root) {
    const all = [root];
    for (const thing of all) all.push(...thing.below);
    const low = Math.min(...all.map(function (thing) { return thing.x; })), top = Math.min(...all.map(function (thing) { return thing.y - thing.high / 2; }));
    const far = Math.max(...all.map(function (thing) { return thing.x; })), end = Math.max(...all.map(function (thing) { return thing.y + thing.high / 2; }));
    return { all: all, left: low, top: top, wide: far - low + WIDE + 50, high: end - top + 2 * ROW };
  }
  function fit() {
    network.fit({ minZoomLevel: 0.3, maxZoomLevel: 1.15, animation: still.matches ? false : { duration: 250 } });
  }
  // Move the selected box, its parent and its children into the frame.
  function showSelected() {
    const thing = things.get(selected), near = [selected].concat(thing.parent || [], thing.below.map(function (thing) { return thing.id; }));
    network.fit({ nodes: near, minZoomLevel: 0.45, maxZoomLevel: 1.15, animation: still.matches ? false : { duration: 250 } });
  }

  // Opening and folding.
  // A graph without a starting point: the things with most lines become roots, and what is reached from them children.
  function assignParents(list) {
    const reached = new Set();
    for (const root of list.sort(function (a, b) { return edgesOf(b.id).length - edgesOf(a.id).length; })) {
      const waiting = reached.has(root.id) ? [] : [root];
      reached.add(root.id);
      while (waiting.length) {
        const thing = waiting.shift();
        for (const line of edgesOf(thing.id)) {
          const next = other(line, thing.id);
          if (reached.has(next.id)) continue;
          reached.add(next.id);
          next.parent = thing.id;
          waiting.push(next);
        }
      }
    }
  }
  function addBatch(answer) {
    const fresh = answer.nodes.filter(function (thing) { return !things.has(thing.id); });
    const joined = new Set(answer.edges.filter(function (line) { return line.from === answer.id || line.to === answer.id; })
      .flatMap(function (line) { return [line.from, line.to]; }));
    for (const thing of fresh) {
      things.set(thing.id, Object.assign({ parent: thing.id === answer.id || !answer.id ? null : answer.id, opened: false, more: 0, after: 0 }, thing));
    }
    for (const line of answer.edges) if (things.has(line.from) && things.has(line.to)) lines.set(line.id, line);
    if (!answer.id) assignParents(fresh.map(function (thing) { return things.get(thing.id); }));
    // A new thing with no line to the opened thing becomes a child of the new thing that it has a line to.
    for (const thing of fresh) {
      if (joined.has(thing.id) || !answer.id) continue;
      const line = answer.edges.find(function (line) { return line.from === thing.id || line.to === thing.id; });
      const near = line && (line.from === thing.id ? line.to : line.from);
      if (near && joined.has(near)) things.get(thing.id).parent = near;
    }
    const thing = things.get(answer.id);
    if (thing) Object.assign(thing, { opened: true, more: answer.more, left: answer.left, after: answer.after, gone: answer.not_held });
    return fresh.length;
  }
  async function open(thing) {
    if (!thing.neighbours || (thing.opened && !thing.more)) return;
    if (things.size >= data.most) { announcement.textContent = word("explore_full", things.size); return; }
    if (request) request.abort();
    request = new AbortController();
    const own = request;
    frame.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(thing.neighbours + (thing.opened ? "&after=" + thing.after : ""), { signal: own.signal });
      if (!answer.ok) throw new Error(answer.status);
      const count = addBatch(await answer.json());
      arrange();
      choose(thing.id, count ? word("explore_opened", count) : word("explore_none"));
      showSelected();
    } catch (error) {
      if (error.name !== "AbortError") announcement.textContent = word("explore_failed");
    }
    if (own === request) frame.removeAttribute("aria-busy");
  }
  function fold(thing) {
    const removed = new Set();
    function removeBelow(id) {
      for (const thing of things.values()) if (thing.parent === id && !removed.has(thing.id)) { removed.add(thing.id); removeBelow(thing.id); }
    }
    removeBelow(thing.id);
    for (const id of removed) things.delete(id);
    for (const line of Array.from(lines.values())) if (removed.has(line.from) || removed.has(line.to)) lines.delete(line.id);
    Object.assign(thing, { opened: false, more: 0, after: 0 });
    arrange();
    choose(thing.id);
  }

  // The details of the selected box.
  function element(tag, text, kind) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }
  function link(text, address) {
    const there = new URL(address, location.href);
    if (there.protocol !== "http:" && there.protocol !== "https:") return element("span", text);
    const made = element("a", text);
    made.href = there.href;
    return made;
  }
  function button(text, action) {
    const made = element("button", text);
    made.type = "button";
    made.addEventListener("click", action);
    return made;
  }
  function lineItem(line, thing) {
    const made = element("li"), far = other(line, thing.id), isFrom = (line.from === thing.id) !== line.turned;
    made.append(element("span", (isFrom ? "" : "… ") + line.name + (isFrom ? " →" : " → " + thing.label), "kind"));
    made.append(button(far.label, function () { choose(far.id); moveIntoView(far.id); }));
    const notes = [line.status, line.certainty].filter(Boolean).join(" · ");
    if (notes) made.append(element("small", notes, "cite"));
    for (const source of line.sources) {
      const cited = element("small", "", "cite");
      cited.append(source.page ? link(source.name, source.page) : source.name, source.lines ? ", " + source.lines : "");
      made.append(cited);
    }
    return made;
  }
  function showDetails(thing) {
    const acts = element("p", "", "acts"), list = element("ul"), found = edgesOf(thing.id);
    details.replaceChildren(element("h2", thing.label), element("p", thing.kind, "kind"), acts);
    if (thing.neighbours && !thing.opened) acts.append(button(word("explore_open"), function () { open(thing); }));
    if (thing.opened && thing.more) acts.append(button(thing.left, function () { open(thing); }));
    if (thing.opened && thing.parent) acts.append(button(word("explore_fold"), function () { fold(thing); }));
    if (thing.page) acts.append(link(word("explore_page"), thing.page));
    if (thing.explore && thing.id !== data.start.id) acts.append(link(word("explore_start"), thing.explore));
    if (thing.gone) details.append(element("p", word("explore_not_held", thing.gone), "kind"));
    if (!found.length) return;
    const order = Array.from(new Set(found.map(function (line) { return line.name; })));
    found.sort(function (a, b) { return order.indexOf(a.name) - order.indexOf(b.name); });
    list.append(...found.slice(0, 200).map(function (line) { return lineItem(line, thing); }));
    details.append(element("h3", word("explore_lines") + " (" + found.length + ")"), list);
  }
  function choose(id, news) {
    const thing = things.get(id);
    if (!thing) return;
    selected = id;
    network.selectNodes([id], false);
    paint();
    showDetails(thing);
    announcement.textContent = [word("explore_said", thing.label, thing.kind, edgesOf(id).length), news].filter(Boolean).join(" ");
  }
  function moveIntoView(id) {
    const place = network.canvasToDOM(network.getPosition(id)), room = canvas.getBoundingClientRect();
    const out = place.x < 60 || place.y < 30 || place.x > room.width - 60 || place.y > room.height - 30;
    if (out) network.moveTo({ position: network.getPosition(id), animation: still.matches ? false : { duration: 250 } });
  }

  // Keyboard: an arrow key selects the nearest box on that side.
  const SIDES = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  function nearestOn(side) {
    const places = network.getPositions(), own = places[selected];
    let best = null, least = Infinity;
    for (const id of things.keys()) {
      const x = places[id].x - own.x, y = places[id].y - own.y;
      const along = x * side[0] + y * side[1], across = Math.abs(x * side[1]) + Math.abs(y * side[0]);
      if (id === selected || along <= 1 || across > along * 2) continue;
      if (along + 2 * across < least) { least = along + 2 * across; best = id; }
    }
    return best;
  }
  function zoom(by) { network.moveTo({ scale: Math.min(Math.max(network.getScale() * by, 0.1), 3) }); }
  frame.addEventListener("keydown", function (event) {
    if (event.target !== frame || event.ctrlKey || event.altKey || event.metaKey) return;
    const thing = things.get(selected), side = SIDES[event.key];
    if (side) {
      const next = nearestOn(side);
      if (next) { choose(next); moveIntoView(next); }
    } else if (event.key === "Enter") open(thing);
    else if (event.key === "Backspace" && thing.opened && thing.parent) fold(thing);
    else if (event.key === "+" || event.key === "=") zoom(1.25);
    else if (event.key === "-") zoom(0.8);
    else return;
    event.preventDefault();
  });
  document.getElementById("in").addEventListener("click", function () { zoom(1.25); });
  document.getElementById("out").addEventListener("click", function () { zoom(0.8); });
  document.getElementById("fit").addEventListener("click", fit);
  dark.addEventListener("change", paint);

  document.getElementById("picture").hidden = false;
  addBatch(data.start);
  selected = data.start.id || Array.from(things.values()).find(function (thing) { return !thing.parent; }).id;
  arrange();
  paint();
  network = new vis.Network(canvas, { nodes: shownNodes, edges: shownEdges }, {
    autoResize: true, layout: { randomSeed: 7, improvedLayout: false },
    interaction: { hover: false, keyboard: false, tooltipDelay: 1e9, multiselect: false, navigationButtons: false },
    physics: { enabled: false }
  });
  // The frame takes the keyboard focus, not the elements of the drawing in it.
  for (const node of canvas.querySelectorAll("[tabindex]")) node.tabIndex = -1;
  network.on("click", function (given) {
    frame.focus({ preventScroll: true });
    const id = given.nodes[0];
    if (id === undefined) return;
    const thing = things.get(String(id).startsWith(MORE) ? id.slice(MORE.length) : id);
    choose(thing.id);
    open(thing);
  });
  let wide = isNarrow();
  network.on("resize", function () {
    if (wide === isNarrow()) return;
    wide = isNarrow();
    arrange();
    paint();
    fit();
  });
  choose(selected);
  fit();
})();
