// The page of tasks: draws the figures, and reads them again every few seconds while it is seen.
"use strict";

(() => {
  const EVERY_SECONDS = { hour: 5, day: 30 };
  const PARKED = { parked: 4, refused: 2 }; // the states, in the lists
  const SVG = "http://www.w3.org/2000/svg";
  const [WIDTH, HEIGHT] = [140, 28];
  const $ = (selector) => document.querySelector(selector);
  const texts = JSON.parse($("#texts").textContent);
  const settings = document.body.dataset;
  const language = document.documentElement.lang;
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const whole = new Intl.NumberFormat(language);
  let span = "hour";
  let timer;

  const say = (name, values) =>
    texts[name].replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);

  function make(tag, className = "", ...inside) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...inside);
    return element;
  }

  function time(seconds) {
    const units = [[86400, "day"], [3600, "hour"], [60, "minute"]];
    const [size, unit] = units.find(([one]) => seconds >= one) ?? [1, "second"];
    const count = size === 1 ? seconds : Math.round(seconds / size);
    return new Intl.NumberFormat(language, {
      style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3,
    }).format(count);
  }

  function draw(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  // Bars, one for each step; the word above says what they come to.
  function plot(values, kind, label) {
    const most = Math.max(...values.map((one) => one ?? 0));
    const picture = draw("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img",
      "aria-label": label, class: `plot ${kind}`,
    });
    const width = WIDTH / values.length;
    for (const [place, one] of values.entries()) {
      const height = most && one ? Math.max(1.5, (one / most) * HEIGHT) : 0.5;
      picture.append(draw("rect", {
        x: place * width + 0.5, y: HEIGHT - height, width: width - 1, height,
      }));
    }
    return picture;
  }

  function parked(queue, kind, text) {
    if (!queue[kind]) return [];
    const link = make("a", "", say(text, { count: whole.format(queue[kind]) }));
    const asked = new URLSearchParams({ state__exact: PARKED[kind], queue: queue.name });
    link.href = `${settings[kind]}?${asked}`;
    const line = make("div", "parked", link);
    const url = kind === "parked" ? settings.mayParked : settings.mayRefused;
    if (url) {
      const button = make("button", "", texts.replay);
      button.type = "button";
      button.setAttribute("aria-label", say("replayOf", { queue: queue.name }));
      button.addEventListener("click", () => {
        const form = $("#replay");
        form.action = url;
        form.elements.queue.value = queue.name;
        form.submit();
      });
      line.append(button);
    }
    return [line];
  }

  function row(queue, seconds) {
    const sum = (values) => values.reduce((all, one) => all + one, 0);
    const known = queue.runtime.filter((one) => one !== null).sort((a, b) => a - b);
    const median = known.length ? time(known[Math.floor(known.length / 2)]) : "–";
    const name = make("th", "queue", queue.name);
    name.scope = "row";
    const count = (value) => make("td", "number", value ? whole.format(value) : "–");
    const plotted = (values, kind, word) =>
      make("td", "plotted", make("span", "", word), plot(values, kind, word));
    return make(
      "tr", "", name, count(queue.waiting + queue.retrying), count(queue.running),
      make("td", "number", queue.oldest > 0 ? time(queue.oldest) : "–"),
      plotted(queue.done, "done", number.format((sum(queue.done) / seconds) * 60)),
      plotted(queue.runtime, "ran", median),
      plotted(queue.failed, "failed", whole.format(sum(queue.failed))),
      make("td", "", ...parked(queue, "parked", "byReceiver"),
        ...parked(queue, "refused", "bySender")),
    );
  }

  function warnings({ queues, processes }) {
    const found = [];
    const count = queues.reduce((all, one) => all + one.parked + one.refused, 0);
    if (count) found.push(say("parked", { count: whole.format(count) }));
    for (const [kind, text] of [["relay", "noRelay"], ["worker", "noWorker"]]) {
      if (!processes.some((one) => one.kind === kind && !one.is_late)) found.push(texts[text]);
    }
    for (const one of processes) {
      if (one.is_late) found.push(say("late", { name: one.name, time: time(one.seconds) }));
    }
    return found;
  }

  function show(figures) {
    $("#queues").replaceChildren(...figures.queues.map((one) => row(one, figures.seconds)));
    $("#none").hidden = figures.queues.length > 0;
    const told = warnings(figures);
    const list = $("#warnings");
    // Read aloud when it changes, and not every few seconds.
    if (list.dataset.told !== told.join()) {
      list.dataset.told = told.join();
      list.replaceChildren(...told.map((one) => make("li", "", one)));
    }
    const seen = figures.processes.map(({ name, seconds, is_late: isLate }) =>
      make("li", isLate ? "is-late" : "", say("seen", { name, time: time(seconds) })));
    $("#processes").replaceChildren(...(seen.length ? seen : [make("li", "quiet", texts.nobody)]));
    $("#at").textContent = say("at", { time: new Date().toLocaleTimeString(language) });
  }

  async function look() {
    clearTimeout(timer);
    const asked = span;
    if (!document.hidden) {
      try {
        const response = await fetch(`${settings.figures}?span=${asked}`, { cache: "no-store" });
        if (response.redirected) window.location.reload(); // and log in again
        if (!response.ok) throw new Error(response.statusText);
        const figures = await response.json();
        if (asked === span) show(figures);
      } catch {
        $("#at").textContent = texts.away;
      }
    }
    if (asked === span) timer = setTimeout(look, EVERY_SECONDS[span] * 1000);
  }

  for (const button of document.querySelectorAll("[data-span]")) {
    button.addEventListener("click", () => {
      span = button.dataset.span;
      for (const one of document.querySelectorAll("[data-span]")) {
        one.setAttribute("aria-pressed", String(one === button));
      }
      look();
    });
  }
  document.addEventListener("visibilitychange", () => document.hidden || look());
  look();
})();
