"use strict";
// Draws the charts of a page from the numbers of `data-source`, with each as a table, and anew while a run goes on.
(() => {
  const EVERY_MS = 3000;
  const root = document.querySelector("[data-source]");
  if (!root) return;
  const facts = document.querySelector("[data-facts]");
  const live = document.querySelector("[data-live]");
  const drawn = new Map();
  let shown = "";

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const paint = (at) => colour(`--c${at % 10}`);
  const short = (n) => (n === null || n === undefined ? "-" : Math.abs(n) >= 1000 ? n.toLocaleString("en") : String(Math.round(n * 1000) / 1000));

  const stacked = (series) => {
    const sums = series[0].values.map(() => 0);
    return series.map((one) => one.values.map((value, i) => (sums[i] += value || 0)));
  };

  // Looks at held-out problems with their intervals, and lines where something happened: over the curves.
  const over = (chart, order) => (u) => {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    for (const look of chart.looks || []) {
      ctx.strokeStyle = ctx.fillStyle = paint(Math.max(0, order.indexOf(look.series)));
      const x = u.valToPos(look.x, "x", true);
      ctx.globalAlpha = 0.5;
      ctx.beginPath();
      ctx.moveTo(x, u.valToPos(look.low, "y", true));
      ctx.lineTo(x, u.valToPos(look.high, "y", true));
      ctx.stroke();
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.arc(x, u.valToPos(look.y, "y", true), 3.5 * devicePixelRatio, 0, 2 * Math.PI);
      ctx.fill();
      if (look.mark) rule(ctx, x, top, height, `${look.series} ${look.mark}`, look.mark === "lost");
    }
    for (const mark of chart.marks || []) {
      ctx.strokeStyle = ctx.fillStyle = colour("--text");
      rule(ctx, u.valToPos(mark.x, "x", true), top, height, "alarm", true);
    }
    ctx.restore();
  };

  const rule = (ctx, x, top, height, text, dotted) => {
    ctx.setLineDash(dotted ? [2, 4] : [6, 4]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.save();
    ctx.translate(x - 4, top + height - 6);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.font = `${11 * devicePixelRatio}px sans-serif`;
    ctx.fillText(text, 0, 0);
    ctx.restore();
  };

  const draw = (figure, chart) => {
    const place = figure.querySelector(".plot");
    const known = drawn.get(figure);
    if (known) known.destroy();
    place.textContent = "";
    if (!chart || !chart.series.length || !chart.x.length) {
      place.textContent = "Nothing yet.";
      drawn.delete(figure);
      return;
    }
    const names = chart.series.map((one) => one.name);
    const values = chart.stacked ? stacked(chart.series) : chart.series.map((one) => one.values);
    // The lower layers are painted over the higher ones.
    const order = chart.stacked ? values.map((_, i) => values.length - 1 - i) : values.map((_, i) => i);
    const series = order.map((at) => ({
      label: names[at],
      stroke: paint(at),
      width: 1.8,
      fill: chart.stacked ? paint(at) : undefined,
      spanGaps: true,
      paths: chart.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
      points: { show: chart.x.length < 2 },
      value: (_, __, ___, i) => short(i === null ? null : chart.series[at].values[i]),
    }));
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid"), width: 1 } };
    const wide = figure === figure.parentElement.firstElementChild;
    drawn.set(figure, new uPlot({
      width: place.clientWidth,
      height: wide ? 320 : 220,
      scales: { x: { time: false }, y: { range: (_, low, high) => (chart.top ? [0, chart.top * 1.03] : [Math.min(0, low), high > 0 ? high * 1.05 : 1]) } },
      axes: [{ ...axis, label: "training samples", labelSize: 22, values: (_, ticks) => ticks.map((n) => (n >= 1000 ? `${n / 1000}k` : n)) }, { ...axis, size: 52 }],
      series: [{ label: "samples", value: (_, n) => short(n) }, ...series],
      hooks: { draw: [over(chart, names)] },
      legend: { live: true },
      cursor: { drag: { x: true, y: false } },
    }, [chart.x, ...order.map((at) => values[at])], place));
    tell(figure, chart);
  };

  const tell = (figure, chart) => {
    const table = figure.querySelector(".numbers");
    const rows = chart.x.map((_, i) => i).filter((i) => i % Math.ceil(chart.x.length / 40) === 0 || i === chart.x.length - 1);
    const row = (kind, cells) => {
      const line = document.createElement("tr");
      for (const cell of cells) line.appendChild(document.createElement(kind)).textContent = cell;
      return line;
    };
    const head = document.createElement("thead");
    const body = document.createElement("tbody");
    head.append(row("th", ["samples", ...chart.series.map((one) => one.name)]));
    body.append(...rows.map((i) => row("td", [short(chart.x[i]), ...chart.series.map((one) => short(one.values[i]))])));
    table.replaceChildren(head, body);
  };

  const all = (charts) => {
    for (const figure of root.querySelectorAll("[data-chart]")) draw(figure, charts[figure.dataset.chart]);
  };

  // Where the token is no good any more the server leads to its way in: the whole page goes there.
  const asked = async (path) => {
    const reply = await fetch(path);
    if (reply.redirected) location.reload();
    if (!reply.ok || reply.redirected) throw new Error(reply.status);
    return reply;
  };

  let charts = {};
  const refresh = async () => {
    try {
      const reply = await asked(root.dataset.source);
      const told = await reply.text();
      const { live: goes, charts: found } = JSON.parse(told);
      if (told !== shown) {
        const said = facts && (await (await asked(facts.dataset.facts)).text());
        charts = found;
        all(charts);
        if (facts) facts.innerHTML = said; // escaped where it was rendered
        shown = told;
      }
      if (live) live.textContent = goes ? "This run goes on; the page follows it." : "";
      document.documentElement.dataset.ready = "yes";
      if (goes) setTimeout(refresh, EVERY_MS);
    } catch {
      if (live) live.textContent = "The server does not answer; the page tries again.";
      setTimeout(refresh, 2 * EVERY_MS);
    }
  };
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => all(charts), 150);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => all(charts));
  refresh();
})();
