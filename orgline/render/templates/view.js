(function () {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const style = data.style, page = style.page;
  const frame = document.getElementById("frame"), canvas = document.getElementById("canvas");
  const details = document.getElementById("details");
  const measures = data.measures, GAP = measures.gap, MARGIN = measures.margin, INSET = measures.inset;
  const TITLE = measures.title, SMALL = measures.subtitle, TITLE_LINE = measures.title_line, SMALL_LINE = measures.subtitle_line;
  const PREFIX = "group:";
  const nodes = new Map(data.nodes.map(function (node) { return [node.id, node]; }));
  const edges = data.edges;
  const edgesOf = new Map();
  edges.forEach(function (edge) {
    for (const end of [edge.from, edge.to]) {
      if (!edgesOf.has(end)) edgesOf.set(end, []);
      edgesOf.get(end).push(edge);
    }
  });
  let lang = document.documentElement.dataset.lang;
  let zoom = 1, size = data.sizes[lang], selected = null, grouping = "kind", opened = new Set(), hovered = null, network = null;
  const shownNodes = new vis.DataSet(), shownEdges = new vis.DataSet();

  function measure() {
    for (const node of nodes.values()) [node.x, node.y, node.w, node.h] = node.at[lang];
    size = data.sizes[lang];
  }
  function word(key) { return (data.words[lang] || {})[key] || key; }
  function textOf(texts) { return (texts && (texts[lang] || Object.values(texts).find(Boolean))) || ""; }
  function kindLook(key) { return style.kinds[key] || { fill: "#fff", border: page.muted, legend: {} }; }
  function lineLook(key) { return style.lines[key] || { colour: page.muted, legend: {} }; }
  function isReversed(look) { return look.turned !== undefined ? look.turned : look.arrow === "from"; }
  function folded(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
  }

  // Boxes are drawn here, not by vis-network: text is never read as markup, and sizes are those of the layout.
  function outlinePath(ctx, shape, x, y, w, h) {
    ctx.beginPath();
    if (shape === "sheet") {
      const fold = 12;
      ctx.moveTo(x, y); ctx.lineTo(x + w - fold, y); ctx.lineTo(x + w, y + fold); ctx.lineTo(x + w, y + h); ctx.lineTo(x, y + h);
      ctx.closePath();
    } else {
      const r = shape === "round" ? 16 : shape === "row" ? 0 : 5;
      ctx.moveTo(x + r, y); ctx.arcTo(x + w, y, x + w, y + h, r); ctx.arcTo(x + w, y + h, x, y + h, r);
      ctx.arcTo(x, y + h, x, y, r); ctx.arcTo(x, y, x + w, y, r); ctx.closePath();
    }
  }
  function drawBox(node, ctx, cx, cy, chosen) {
    const look = kindLook(node.kind), mark = style.marks[node.mark] || {}, form = style.forms[node.form] || {};
    const w = node.w, h = node.h, x = cx - w / 2, y = cy - h / 2;
    const shape = node.row ? "row" : look.shape;
    const border = mark.border || look.border;
    ctx.save();
    if (form.shape === "stack") for (const by of [7, 3.5]) {
      outlinePath(ctx, shape, x + by, y + by, w, h);
      ctx.fillStyle = look.fill; ctx.fill(); ctx.lineWidth = 1; ctx.strokeStyle = look.border; ctx.stroke();
    }
    outlinePath(ctx, shape, x, y, w, h);
    ctx.fillStyle = look.fill; ctx.fill();
    if (!node.row) { ctx.save(); ctx.clip(); ctx.fillStyle = look.border; ctx.fillRect(x, y, 5, h); ctx.restore(); }
    outlinePath(ctx, shape, x, y, w, h);
    ctx.setLineDash(mark.dash || []);
    ctx.lineWidth = chosen ? 3.5 : node.row ? 1.1 : 1.6;
    ctx.strokeStyle = chosen ? "#2f6fde" : border;
    ctx.stroke();
    ctx.setLineDash([]);
    const lines = node.lines[lang] || Object.values(node.lines)[0];
    let top = cy - (lines[0].length * TITLE_LINE + lines[1].length * SMALL_LINE) / 2;
    const left = x + (node.row ? 12 : 14), room = w - INSET;
    ctx.textBaseline = "middle"; ctx.textAlign = "left";
    ctx.fillStyle = mark.faded ? page.muted : page.text;
    ctx.font = "600 " + TITLE + "px " + page.font;
    for (const line of lines[0]) { ctx.fillText(line, left, top + TITLE_LINE / 2, room); top += TITLE_LINE; }
    ctx.fillStyle = page.muted;
    ctx.font = SMALL + "px " + page.font;
    for (const line of lines[1]) { ctx.fillText(line, left, top + SMALL_LINE / 2, room); top += SMALL_LINE; }
    if (mark.sign) {
      ctx.fillStyle = border; ctx.beginPath(); ctx.arc(x + w - 4, y + 4, 10, 0, 7); ctx.fill();
      ctx.fillStyle = "#fff"; ctx.font = "700 14px " + page.font; ctx.textAlign = "center"; ctx.fillText(mark.sign, x + w - 4, y + 5);
    }
    ctx.restore();
  }
  function visNode(node) {
    return {
      id: node.id, x: node.x, y: node.y, shape: "custom", physics: false, fixed: true,
      ctxRenderer: function (given) {
        return {
          drawNode: function () { drawBox(node, given.ctx, given.x, given.y, node.id === selected); },
          nodeDimensions: { width: node.w, height: node.h }
        };
      }
    };
  }

  // Lines run from the side of a box to the side of another; parallel lines are drawn apart.
  function port(id, x, y) {
    return {
      id: id, x: x, y: y, shape: "custom", physics: false, fixed: true,
      ctxRenderer: function () { return { drawNode: function () {}, nodeDimensions: { width: 0.5, height: 0.5 } }; }
    };
  }
  function endPoints(from, to, offset) {
    const gap = to.x - from.x;
    if (data.down && Math.abs(to.y - from.y) > (from.h + to.h) / 2) {
      const turn = to.y > from.y ? 1 : -1;
      return { force: "vertical", a: [from.x + offset, bottomOf(from, turn)], b: [to.x + offset, to.y - turn * to.h / 2] };
    }
    if (Math.abs(gap) < (from.w + to.w) / 2) {
      const turn = to.y > from.y ? "curvedCW" : "curvedCCW";
      return { bow: turn, a: [from.x + from.w / 2, from.y + offset], b: [to.x + to.w / 2, to.y + offset] };
    }
    const turn = gap > 0 ? 1 : -1;
    return { force: "horizontal", turn: turn, a: [from.x + turn * from.w / 2, from.y + offset], b: [to.x - turn * to.w / 2, to.y + offset] };
  }
  function bottomOf(node, turn) {
    let y = node.y + turn * node.h / 2;
    if (turn > 0) for (const other of nodes.values()) if (other.within === node.id) y = Math.max(y, other.y + other.h / 2);
    return y;
  }
  function visEdge(edge, extra) {
    const look = lineLook(edge.kind), mark = style.marks[edge.mark] || {}, arrow = look.arrow || "to";
    const chosen = edge.id === selected;
    return Object.assign({
      id: edge.id, from: edge.from, to: edge.to, color: { color: look.colour, highlight: "#2f6fde", hover: look.colour, opacity: mark.faded ? 0.5 : 1 },
      width: chosen ? 3.5 : look.width || 1.5, dashes: mark.dash && mark.dash.length ? mark.dash : false,
      arrows: {
        to: { enabled: arrow === "to" || arrow === "both", scaleFactor: 0.55 },
        from: { enabled: arrow === "from" || arrow === "both", scaleFactor: 0.55 }
      },
      font: { size: SMALL, face: page.font, color: look.colour, strokeWidth: 5, strokeColor: page.paper, align: "horizontal" },
      arrowStrikethrough: false, hoverWidth: 0.5, selectionWidth: 1.5
    }, extra || {});
  }
  let lineLabels = [];
  function addLineLabel(edge, way) {
    const look = lineLook(edge.kind);
    if (!look.word) return;
    const at = way.bow ? { x: (way.a[0] + way.b[0]) / 2 + 44, y: (way.a[1] + way.b[1]) / 2, align: "left" }
      : way.force === "vertical" ? { x: way.b[0] + 8, y: (way.a[1] + way.b[1]) / 2, align: "left" }
      : { x: way.b[0] - way.turn * 6, y: way.b[1] + (way.b[1] > way.a[1] + 2 ? 10 : -9), align: way.turn > 0 ? "right" : "left" };
    lineLabels.push(Object.assign(at, { text: textOf(look.legend), colour: look.colour }));
  }
  function edgesWithPorts(list) {
    lineLabels = [];
    const ports = [], lines = [], pairs = new Map();
    for (const edge of list) {
      const key = [edge.from, edge.to].sort().join(" ");
      pairs.set(key, (pairs.get(key) || []).concat([edge]));
    }
    for (const same of pairs.values()) same.forEach(function (edge, number) {
      const offset = (number - (same.length - 1) / 2) * 13;
      const way = endPoints(nodes.get(edge.from), nodes.get(edge.to), offset);
      const a = "port:a:" + edge.id, b = "port:b:" + edge.id;
      addLineLabel(edge, way);
      ports.push(port(a, way.a[0], way.a[1]), port(b, way.b[0], way.b[1]));
      const straight = way.force === "horizontal" ? Math.abs(way.a[1] - way.b[1]) < 2 : way.force && Math.abs(way.a[0] - way.b[0]) < 2;
      lines.push(visEdge(edge, {
        from: a, to: b,
        smooth: way.bow ? { enabled: true, type: way.bow, roundness: 0.3 }
          : straight ? false : { enabled: true, type: "cubicBezier", forceDirection: way.force, roundness: 0.55 }
      }));
    });
    return { ports: ports, lines: lines };
  }

  // A page of groups: each opens to show its boxes.
  function groupsOf(node) {
    const keys = node.groups[grouping];
    return keys && keys.length ? keys : [""];
  }
  function groupName(key) {
    if (!key) return word("without_group");
    return grouping === "kind" ? textOf(kindLook(key).legend) || key : textOf(data.group_names[key]) || key;
  }
  function groups() {
    const found = new Map();
    if (grouping === "kind") for (const key of Object.keys(style.kinds)) found.set(key, []);
    for (const node of nodes.values()) {
      const key = groupsOf(node)[0];
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(node);
    }
    const list = Array.from(found).filter(function (group) { return group[1].length; });
    if (grouping !== "kind") list.sort(function (a, b) { return (a[0] === "") - (b[0] === "") || groupName(a[0]).localeCompare(groupName(b[0]), lang); });
    return list;
  }
  function groupNode(key, members) {
    const look = grouping === "kind" ? kindLook(key) : { fill: "#eef2f8", border: "#344054" };
    return {
      id: PREFIX + key, w: measures.wide, h: measures.group, kind: key, look: look, members: members.length, open: opened.has(key), key: key
    };
  }
  function drawGroup(group, ctx, cx, cy) {
    const x = cx - group.w / 2, y = cy - group.h / 2;
    ctx.save();
    outlinePath(ctx, "box", x, y, group.w, group.h);
    ctx.fillStyle = group.look.fill; ctx.fill();
    ctx.lineWidth = group.open ? 3 : 2; ctx.strokeStyle = group.look.border; ctx.stroke();
    ctx.fillStyle = page.text; ctx.textBaseline = "middle"; ctx.textAlign = "left";
    ctx.font = "600 15px " + page.font;
    ctx.fillText((group.open ? "▾ " : "▸ ") + groupName(group.key), x + 12, cy - 10, group.w - INSET);
    ctx.fillStyle = page.muted; ctx.font = "13px " + page.font;
    ctx.fillText(word("members").replace("{0}", group.members), x + 30, cy + 13, group.w - 40);
    ctx.restore();
  }
  function showGroups() {
    measure();
    const room = Math.max(frame.clientWidth - 2, 340);
    const wide = measures.wide, columns = Math.max(1, Math.floor((room - 2 * MARGIN + GAP) / (wide + 56)));
    const step = columns > 1 ? (room - 2 * MARGIN - wide) / (columns - 1) : 0;
    const list = groups(), where = new Map(), boxes = [];
    let column = 0, y = MARGIN, tall = 0;
    function put(node, height) {
      if (column === columns) { column = 0; y += tall; tall = 0; }
      node.x = MARGIN + wide / 2 + column * step; node.y = y + node.h / 2;
      column += 1; tall = Math.max(tall, height);
    }
    function newRow(extra) { if (column) { y += tall; column = 0; tall = 0; } y += extra; }
    for (const [key, members] of list) {
      const group = groupNode(key, members);
      const open = opened.has(key);
      if (open) newRow(column ? 10 : 0);
      put(group, group.h + (open ? 16 : 44));
      boxes.push({
        id: group.id, x: group.x, y: group.y, shape: "custom", physics: false, fixed: true,
        ctxRenderer: function (given) {
          return { drawNode: function () { drawGroup(group, given.ctx, given.x, given.y); }, nodeDimensions: { width: group.w, height: group.h } };
        }
      });
      if (open) {
        newRow(0);
        members.sort(function (a, b) { return textOf(a.names).localeCompare(textOf(b.names), lang); });
        for (const node of members) { put(node, node.h + 14); where.set(node.id, node.id); boxes.push(visNode(node)); }
        newRow(22);
      } else for (const node of members) where.set(node.id, group.id);
    }
    newRow(0);
    size = [room, y + MARGIN];
    const joined = new Map(), lines = [];
    for (const edge of edges) {
      const a = where.get(edge.from), b = where.get(edge.to);
      if (a === b) continue;
      const own = selected !== null && (edge.from === selected || edge.to === selected);
      if (own) lines.push(visEdge(edge, { from: a, to: b, smooth: { enabled: true, type: "curvedCW", roundness: 0.15 } }));
      else if (a.startsWith(PREFIX) && b.startsWith(PREFIX)) {
        const key = [a, b].sort().join(" ");
        joined.set(key, { from: a, to: b, count: ((joined.get(key) || {}).count || 0) + 1 });
      }
    }
    if (!opened.size && columns > 1) joined.forEach(function (bundle, key) {
      const near = hovered !== null && (bundle.from === hovered || bundle.to === hovered);
      lines.push({
        id: "joined:" + key, from: bundle.from, to: bundle.to, width: near ? 1.5 + Math.log2(bundle.count) : 1, label: near ? String(bundle.count) : undefined, arrows: "",
        color: { color: near ? "#52627d" : "#dfe4ec", highlight: "#52627d" }, smooth: { enabled: true, type: "curvedCW", roundness: 0.12 },
        font: { size: 14, face: page.font, color: page.text, strokeWidth: 5, strokeColor: page.paper }, chosen: false
      });
    });
    replace(boxes, lines);
  }
  function replace(boxes, lines) {
    shownEdges.clear(); shownNodes.clear();
    shownNodes.add(boxes); shownEdges.add(lines);
    resize();
  }
  function showAll() {
    measure();
    const drawn = edgesWithPorts(edges);
    replace(drawn.ports.concat(Array.from(nodes.values(), visNode)), drawn.lines);
  }
  function show() { if (data.grouped) showGroups(); else showAll(); }

  // The canvas has the size of the picture, so that it scrolls like any page.
  function resize() {
    canvas.style.width = Math.round(size[0] * zoom) + "px";
    canvas.style.height = Math.round(size[1] * zoom) + "px";
    if (!network) return;
    network.setSize(canvas.style.width, canvas.style.height);
    network.redraw();
    network.moveTo({ position: { x: size[0] / 2, y: size[1] / 2 }, scale: zoom, animation: false });
  }
  function zoomTo(value) { zoom = Math.min(2.5, Math.max(0.25, value)); resize(); }
  function initialZoom() {
    const room = frame.clientWidth - 2;
    if (data.grouped || !size[0]) return 1;
    return Math.min(1.2, Math.max(room / size[0], window.innerWidth < 640 ? 0.9 : 0.97));
  }

  // Details.
  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }
  function labelled(parent, key, text) {
    if (!text) return;
    const line = element("p"); line.append(element("b", word(key) + ": "), document.createTextNode(text)); parent.append(line);
  }
  function addFacts(about) {
    details.append(element("h3", word("evidence")));
    let number = 0;
    for (const thing of about) for (const fact of data.facts[thing] || []) {
      number += 1;
      const block = element("div", undefined, "fact " + fact.mark);
      if (fact.field) block.append(element("p", textOf(fact.field), "small"));
      labelled(block, "source", textOf(fact.source));
      labelled(block, "locator", fact.lines.map(function (locator) { return locator.replace(/^L(?=\d+$)/, ""); }).join(", "));
      labelled(block, "certainty", [textOf(fact.certainty), fact.mark === "contradicted" ? word("contradicted") : "", textOf(fact.standing)].filter(Boolean).join(" · "));
      labelled(block, "printed", fact.printed.map(function (text) { return "“" + text + "”"; }).join("; "));
      labelled(block, "asserted_by", textOf(fact.by));
      labelled(block, "reason", (fact.reasons[lang] || []).join(" "));
      labelled(block, "finding", (fact.findings[lang] || []).join(" "));
      details.append(block);
    }
    if (!number) details.append(element("p", word("no_evidence"), "small"));
  }
  function openDetails(title, small, kind) {
    details.replaceChildren();
    const close = element("button", "×", "close");
    close.type = "button"; close.setAttribute("aria-label", word("close"));
    close.addEventListener("click", function () { choose(null); frame.focus(); });
    details.append(close, element("h2", title));
    if (small) details.append(element("p", small, "small"));
    if (kind) details.append(element("p", word("kind") + ": " + kind, "small"));
    details.hidden = false;
    details.scrollTop = 0;
  }
  function showNode(node) {
    openDetails(textOf(node.names), textOf(node.small), textOf(kindLook(node.kind).legend));
    addFacts(node.about);
    const near = edgesOf.get(node.id) || [];
    if (near.length) details.append(element("h3", word("relations")));
    const list = element("ul");
    for (const edge of near) {
      const other = nodes.get(edge.from === node.id ? edge.to : edge.from), look = lineLook(edge.kind);
      const turned = (isReversed(look) ? edge.to : edge.from) === node.id;
      const item = element("li"), button = element("button");
      button.type = "button";
      button.textContent = (turned ? "→ " : "← ") + (textOf(look.legend) || edge.kind) + ": " + textOf(other.names);
      button.addEventListener("click", function () { jump(other.id); });
      item.append(button); list.append(item);
    }
    details.append(list);
    for (const thing of node.about) details.append(element("p", word("iri") + ": " + thing, "iri"));
  }
  function showEdge(edge) {
    const look = lineLook(edge.kind), turned = isReversed(look);
    const a = nodes.get(turned ? edge.to : edge.from), b = nodes.get(turned ? edge.from : edge.to);
    openDetails(textOf(look.legend) || edge.kind, textOf(a.names) + " → " + textOf(b.names));
    addFacts(edge.about);
    for (const thing of edge.about) details.append(element("p", word("iri") + ": " + thing, "iri"));
  }
  function choose(id) {
    const before = selected;
    selected = id !== null && nodes.has(id) ? id : null;
    if (data.grouped && before !== selected) show();
    if (selected !== null) showNode(nodes.get(id));
    else {
      const edge = edges.find(function (edge) { return edge.id === id; });
      if (edge) showEdge(edge); else details.hidden = true;
    }
    if (network) network.redraw();
  }
  function jump(id) {
    const node = nodes.get(id);
    if (data.grouped) opened.add(groupsOf(node)[0]);
    selected = undefined;
    choose(id);
    frame.scrollTo({ left: node.x * zoom - frame.clientWidth / 2, top: node.y * zoom - frame.clientHeight / 2 });
    const box = frame.getBoundingClientRect(), y = box.top + node.y * zoom - frame.scrollTop;
    if (y < 80 || y > window.innerHeight - 80) window.scrollBy({ top: y - window.innerHeight / 2 });
  }

  // Search, without accents and case.
  const field = document.getElementById("search"), found = document.getElementById("found");
  function search() {
    const wanted = folded(field.value).split(" ").filter(Boolean);
    found.replaceChildren();
    if (!wanted.length) { found.hidden = true; field.setAttribute("aria-expanded", "false"); return; }
    const hits = Array.from(nodes.values()).filter(function (node) {
      const text = folded(Object.values(node.names).concat(Object.values(node.small)).join(" "));
      return wanted.every(function (part) { return text.includes(part); });
    });
    found.append(element("p", hits.length ? word("found").replace("{0}", hits.length) : word("found_none")));
    for (const node of hits.slice(0, 40)) {
      const item = element("li"), button = element("button", textOf(node.names));
      button.type = "button";
      button.append(element("br"), element("small", textOf(node.small) || textOf(kindLook(node.kind).legend)));
      button.addEventListener("click", function () { found.hidden = true; field.setAttribute("aria-expanded", "false"); jump(node.id); });
      item.append(button); found.append(item);
    }
    found.hidden = false; field.setAttribute("aria-expanded", "true");
  }
  field.addEventListener("input", search);
  field.addEventListener("keydown", function (event) {
    const first = found.querySelector("button");
    if (event.key === "ArrowDown" && first) { event.preventDefault(); first.focus(); }
    if (event.key === "Enter" && first) first.click();
  });
  found.addEventListener("keydown", function (event) {
    const all = Array.from(found.querySelectorAll("button")), at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && all[at + 1]) { event.preventDefault(); all[at + 1].focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); (all[at - 1] || field).focus(); }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    if (!found.hidden) { found.hidden = true; field.focus(); } else choose(null);
  });
  document.addEventListener("click", function (event) { if (!event.target.closest(".search")) found.hidden = true; });

  // Start.
  document.querySelector(".legend").open = window.innerWidth > 640;
  measure();
  zoom = initialZoom();
  resize();
  network = new vis.Network(canvas, { nodes: shownNodes, edges: shownEdges }, {
    autoResize: false, physics: false, layout: { improvedLayout: false },
    interaction: { dragNodes: false, dragView: false, zoomView: false, hover: true, keyboard: false, selectConnectedEdges: false },
    nodes: { chosen: false }, edges: { chosen: true }
  });
  network.on("beforeDrawing", function (ctx) {
    for (const panel of data.panels[lang]) {
      ctx.save();
      outlinePath(ctx, "round", panel.x, panel.y, panel.width, panel.height);
      ctx.fillStyle = "#f8f9fb"; ctx.fill(); ctx.strokeStyle = page.line; ctx.lineWidth = 1; ctx.stroke();
      ctx.fillStyle = page.text; ctx.textAlign = "left"; ctx.textBaseline = "middle"; ctx.font = "700 16px " + page.font;
      ctx.fillText(textOf(panel.label), panel.x + 18, panel.y + 24, panel.width - 36);
      ctx.restore();
    }
  });
  network.on("afterDrawing", function (ctx) {
    ctx.save();
    ctx.font = SMALL + "px " + page.font; ctx.textBaseline = "middle"; ctx.lineWidth = 4; ctx.lineJoin = "round"; ctx.strokeStyle = page.paper;
    for (const label of lineLabels) {
      ctx.textAlign = label.align; ctx.fillStyle = label.colour;
      ctx.strokeText(label.text, label.x, label.y); ctx.fillText(label.text, label.x, label.y);
    }
    ctx.restore();
  });
  network.on("click", function (event) {
    const node = event.nodes[0], edge = event.edges[0];
    if (node !== undefined && String(node).startsWith(PREFIX)) {
      const key = String(node).slice(PREFIX.length);
      if (!opened.delete(key)) opened.add(key);
      show();
    } else choose(node !== undefined ? node : edge !== undefined ? edge : null);
  });
  if (data.grouped) for (const [event, id] of [["hoverNode", true], ["blurNode", false]]) network.on(event, function (what) {
    if (opened.size || !String(what.node).startsWith(PREFIX)) return;
    hovered = id ? what.node : null;
    show();
  });
  show();
  document.getElementById("in").addEventListener("click", function () { zoomTo(zoom * 1.2); });
  document.getElementById("out").addEventListener("click", function () { zoomTo(zoom / 1.2); });
  document.getElementById("fit").addEventListener("click", function () { zoomTo(data.grouped ? 1 : (frame.clientWidth - 2) / size[0]); });
  document.getElementById("print").addEventListener("click", function () { window.print(); });
  for (const button of document.querySelectorAll("[data-group]")) button.addEventListener("click", function () {
    grouping = button.dataset.group; opened.clear(); selected = null; details.hidden = true;
    for (const other of document.querySelectorAll("[data-group]")) other.setAttribute("aria-pressed", String(other === button));
    show();
  });
  const fold = document.getElementById("fold");
  if (fold) fold.addEventListener("click", function () { opened.clear(); choose(null); show(); });
  document.addEventListener("language", function (event) {
    lang = event.detail;
    show(); search();
    if (!details.hidden && selected) showNode(nodes.get(selected)); else details.hidden = true;
  });
  let width = window.innerWidth;
  window.addEventListener("resize", function () {
    if (window.innerWidth === width) return;
    width = window.innerWidth; zoom = initialZoom(); if (data.grouped) show(); else resize();
  });
  window.orgline = { // for tests in a browser
    position: function (id) {
      const node = nodes.get(id) || shownNodes.get(id);
      const box = canvas.getBoundingClientRect();
      return { x: box.left + node.x * zoom, y: box.top + node.y * zoom };
    },
    shown: function () { return shownNodes.getIds(); },
    nodes: function () { return Array.from(nodes.keys()); }
  };
})();
