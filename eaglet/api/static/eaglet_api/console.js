// The console's script: search, opening resources, the access token, and calls.
//
// The app secret is sent once and not kept. The access token is kept in a variable of this
// script: never in a URL, in storage, or on the page.
"use strict";

(() => {
  const CALL_SECONDS = 60;
  const SECRET =
    /secret|token|passw|pwd|authorization|cookie|credential|api[_-]?key|private|signature|session/i;
  const SHOWN_HEADERS = ["WWW-Authenticate", "Allow", "Retry-After", "X-Request-ID"];
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const texts = JSON.parse($("#texts").textContent);
  const { tokenPath, service } = document.body.dataset;
  const wide = window.matchMedia("(min-width: 56.25rem)");

  const say = (name, values = {}) =>
    texts[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

  // Searching

  const search = $("#search");
  const links = $$("[data-resource]");

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const link of links) {
      const text = link.dataset.search.toLowerCase();
      const found = words.every((word) => text.includes(word));
      link.parentElement.hidden = !found;
      count += found;
    }
    for (const section of $$(".list section")) {
      section.hidden = !$("li:not([hidden])", section);
    }
    $("#nothing").hidden = count > 0 || !links.length;
    $("#search-count").textContent = words.length ? say("found", { count }) : "";
  }

  const visible = () => links.filter((link) => !link.parentElement.hidden);

  search.addEventListener("input", filter);
  $("#search-form").addEventListener("submit", (event) => {
    event.preventDefault();
    visible()[0]?.click();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      visible()[0]?.focus();
    } else if (event.key === "Escape") {
      search.value = "";
      filter();
    }
  });
  $(".list").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const shown = visible();
    const next = shown.indexOf(document.activeElement) + step;
    event.preventDefault();
    (next < 0 ? search : shown[Math.min(next, shown.length - 1)]).focus();
  });
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, textarea, select");
    if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      document.body.classList.remove("open");
      search.focus();
    }
  });

  // Opening a resource without leaving the page, which has the token in its memory

  let opening = 0;

  async function open(url, { push = true } = {}) {
    const mine = ++opening;
    let page;
    try {
      const response = await fetch(url, { credentials: "same-origin" });
      if (!response.ok || response.redirected) throw new Error(response.statusText);
      page = new DOMParser().parseFromString(await response.text(), "text/html");
    } catch {
      window.location.assign(url); // and the server tells what is wrong
      return;
    }
    if (mine !== opening) return;
    $("#resource").replaceChildren(...$("#resource", page).childNodes);
    document.title = page.title;
    document.body.classList.toggle("open", page.body.classList.contains("open"));
    if (push) history.pushState(null, "", url);
    const path = new URL(url, window.location.href).pathname;
    for (const link of links) {
      if (new URL(link.href).pathname === path) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    prepare();
    window.scrollTo(0, 0);
    if (document.body.classList.contains("open") || wide.matches) $("#resource h1").focus();
    else search.focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-resource], [data-list]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.href);
  });
  window.addEventListener("popstate", () => open(window.location.href, { push: false }));

  // The access token

  let token = null;
  const tokenPanel = $("#token");

  function holdToken(given, state) {
    token = given;
    tokenPanel.classList.toggle("held", Boolean(given));
    $("#token-state").textContent = state;
    $("#forget").hidden = !given;
    $("#token-error").hidden = true;
  }

  function refuseToken(reason) {
    $("#token-error").textContent = reason;
    $("#token-error").hidden = false;
  }

  $("#token-form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = $("#app-key").value.trim();
    const secret = $("#app-secret").value.trim();
    $("#token-state").textContent = say("asking");
    let answer;
    try {
      answer = await send("POST", tokenPath, { app_key: key, app_secret: secret }, null);
    } catch (error) {
      holdToken(null, say("noToken"));
      refuseToken(say("noAnswer", { reason: error.message }));
      return;
    }
    const data = answer.envelope?.data;
    if (answer.envelope?.code === 200 && typeof data?.access_token === "string") {
      $("#app-secret").value = "";
      const until = new Date(Date.now() + data.expires_in * 1000);
      const time = until.toLocaleTimeString(document.documentElement.lang, {
        hour: "2-digit", minute: "2-digit",
      });
      holdToken(data.access_token, say("haveToken", { app: key, time }));
      tokenPanel.open = false;
      $("summary", tokenPanel).focus();
    } else {
      holdToken(null, say("noToken"));
      const reason = answer.status === 401 ? say("explainSecret") : explanation(answer, {}, null);
      refuseToken(reason);
      $("#app-secret").focus();
    }
  });
  $("#paste-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const pasted = $("#pasted").value.trim();
    if (!pasted) return;
    $("#pasted").value = "";
    holdToken(pasted, say("pasted"));
    tokenPanel.open = false;
    $("summary", tokenPanel).focus();
  });
  $("#forget").addEventListener("click", () => {
    holdToken(null, say("noToken"));
    $("#pasted").focus();
  });

  // A call

  const inQuery = (verb) => verb === "GET" || verb === "DELETE";
  const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value));

  // What is secret must not stand in a URL: then it goes in the body of a POST.
  function asRequest(verb, path, { params, secrets, files }) {
    if (inQuery(verb) && !secrets.length && !files.length) {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(params)) query.append(name, asText(value));
      const text = query.toString();
      return { verb, url: text ? `${path}?${text}` : path, body: null, files };
    }
    if (inQuery(verb)) {
      return { verb: "POST", url: path, body: { _method: verb.toLowerCase(), ...params }, files };
    }
    return { verb, url: path, body: params, files };
  }

  // With files it is a form, whose boundary the browser chooses.
  function asForm(params, files) {
    const form = new FormData();
    for (const [name, value] of Object.entries(params)) form.append(name, asText(value));
    for (const [name, file] of files) form.append(name, file);
    return form;
  }

  async function send(verb, url, body, bearer, files = []) {
    const headers = { Accept: "application/json" };
    if (body && !files.length) headers["Content-Type"] = "application/json";
    if (bearer) headers.Authorization = `Bearer ${bearer}`;
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), CALL_SECONDS * 1000);
    const started = performance.now();
    try {
      const response = await fetch(url, {
        method: verb,
        headers,
        body: files.length ? asForm(body, files) : body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit", // as a service calls; and no cookie of a person's goes along
        redirect: "manual",
        referrerPolicy: "no-referrer",
        signal: control.signal,
      });
      const text = await response.text();
      const milliseconds = performance.now() - started;
      let envelope = null;
      try {
        envelope = JSON.parse(text);
      } catch { /* shown as it is */ }
      return { status: response.status, headers: response.headers, text, envelope, milliseconds };
    } catch (error) {
      if (error.name === "AbortError") {
        throw new Error(say("timedOut", { seconds: CALL_SECONDS }), { cause: error });
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  function valueOf(field) {
    const text = field.value;
    const type = field.dataset.type;
    if (type === "int" && /^-?\d{1,15}$/.test(text)) return Number(text);
    if (type === "float" && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
    if (type === "bool") return text === "true";
    if (type === "json" || type === "list") {
      try {
        const value = JSON.parse(text);
        // In JSON a string is taken for JSON text again.
        return typeof value === "string" || value === null ? text : value;
      } catch { /* the service says what is wrong with it */ }
    }
    return text;
  }

  function mark(form, name, reason) {
    const field = name === null
      ? $("[data-others]", form)
      : $$("[name]", form).find((one) => one.name === name);
    if (!field) return;
    field.setAttribute("aria-invalid", "true");
    const place = document.getElementById(field.getAttribute("aria-describedby"));
    place.textContent = reason;
    place.hidden = false;
  }

  function unmark(form) {
    for (const field of $$("[aria-invalid]", form)) field.removeAttribute("aria-invalid");
    for (const place of $$(".wrong", form)) place.hidden = true;
  }

  // The parameters, and the names of those that are secret; null where one can't be sent at all.
  function read(form) {
    const params = {};
    const secrets = [];
    const files = []; // pairs of name and file
    for (const field of $$("[name]", form)) {
      if (field.value === "") continue;
      if (field.type === "file") {
        for (const file of field.files) files.push([field.name, file]);
        continue;
      }
      params[field.name] = valueOf(field);
      if (field.type === "password") secrets.push(field.name);
    }
    const others = $("[data-others]", form).value.trim();
    if (!others) return { params, secrets, files };
    let value = null;
    try {
      value = JSON.parse(others);
    } catch { /* is none */ }
    if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
    for (const name of Object.keys(value)) {
      if (SECRET.test(name)) secrets.push(name);
    }
    return { params: { ...params, ...value }, secrets, files };
  }

  // What stands for a secret where it would be shown.
  const masked = (params, secrets) =>
    Object.fromEntries(
      Object.entries(params).map(([name, value]) => [name, secrets.includes(name) ? "…" : value]),
    );

  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

  function asCurl(form, request) {
    const lines = ["curl"];
    if (request.verb !== "GET") lines[0] += ` -X ${request.verb}`;
    if ("guarded" in form.dataset) lines.push('-H "Authorization: Bearer $TOKEN"');
    if (request.files.length) {
      for (const [name, value] of Object.entries(request.body)) {
        lines.push(`--form-string ${quoted(`${name}=${asText(value)}`)}`);
      }
      for (const [name, file] of request.files) lines.push(`-F ${quoted(`${name}=@${file.name}`)}`);
    } else if (request.body) {
      lines.push("-H 'Content-Type: application/json'");
      lines.push(`-d ${quoted(JSON.stringify(request.body))}`);
    }
    lines.push(quoted(window.location.origin + request.url));
    return lines.join(" \\\n  ");
  }

  function python(value) {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
    if (typeof value === "object") {
      const items = Object.entries(value).map(([name, item]) => `${python(name)}: ${python(item)}`);
      return `{${items.join(", ")}}`;
    }
    return JSON.stringify(value);
  }

  function asPython(form, params, files) {
    const { verb, name } = form.dataset;
    const opened = files.map(([key, file]) => `${python(key)}: open(${python(file.name)}, "rb")`);
    const sent = opened.length ? `, "files": {${opened.join(", ")}}` : "";
    const call = `{"resource": ${python(name)}, "data": ${python(params)}${sent}}`;
    return (
      "from eaglet.client import Resource\n\n" +
      `resp = Resource.use(${python(service)}).${verb.toLowerCase()}(\n    ${call}\n)`
    );
  }

  function showSnippets(form) {
    const found = read(form);
    if (!found) return;
    const { verb, path } = form.dataset;
    const params = masked(found.params, found.secrets);
    $(".curl", form).textContent = asCurl(form, asRequest(verb, path, { ...found, params }));
    $(".python", form).textContent = asPython(form, params, found.files);
  }

  function explanation(answer, { grants = "", guarded }, sentToken) {
    const { status, envelope } = answer;
    if (!envelope || typeof envelope.code !== "number") return say("notJson");
    // With EAGLET_ALWAYS_HTTP_200 the code alone tells.
    const code = status === 200 ? envelope.code : status;
    if (code === 200) return say("answer");
    if (status === 401 && guarded === undefined) return envelope.errMsg;
    if (status === 401) return say(sentToken ? "explain401sent" : "explain401");
    if (status === 200 && code !== 531) return say("business");
    if (code === 400) return envelope.errors ? say("explain400") : envelope.errMsg;
    if (code === 403) return grants ? say("explain403", { grants }) : envelope.errMsg;
    if (code === 404) return say("explain404");
    if (code === 405) return say("explain405");
    if (code === 429) {
      return say("explain429", { seconds: answer.headers.get("Retry-After") ?? "?" });
    }
    if (code >= 500) {
      const inner = envelope.innerErrMsg || "";
      return say("explain5", { reference: inner.includes("\n") ? "Traceback" : inner });
    }
    return envelope.errMsg;
  }

  function show(place, answer, form, sentToken) {
    const result = $("#result-template").content.cloneNode(true);
    const section = $(".result", result);
    const { status, envelope } = answer;
    const good = status === 200 && envelope?.code === 200;
    section.classList.add(good ? "good" : status < 400 && envelope ? "business" : "bad");
    $(".status", result).textContent = `HTTP ${status}`;
    $(".code", result).textContent = envelope ? `code ${envelope.code}` : "";
    $(".time", result).textContent = `${answer.milliseconds.toFixed(0)} ms`;
    $(".size", result).textContent = `${new Blob([answer.text]).size} B`;
    $(".explanation", result).textContent = explanation(answer, form.dataset, sentToken);
    for (const name of SHOWN_HEADERS) {
      const value = answer.headers.get(name);
      if (value === null) continue;
      const term = document.createElement("dt");
      const description = document.createElement("dd");
      term.textContent = name;
      description.textContent = value;
      $(".headers", result).append(term, description);
    }
    $(".envelope", result).textContent =
      envelope === null ? answer.text : JSON.stringify(envelope, null, 2);
    place.replaceChildren(result);
    for (const fault of envelope?.errors ?? []) mark(form, fault.param, fault.reason);
  }

  async function call(form) {
    unmark(form);
    const found = read(form);
    if (!found) {
      mark(form, null, say("notAnObject"));
      $(".other", form).open = true;
      $("[data-others]", form).focus();
      return;
    }
    const button = $("[type=submit]", form);
    const place = $(".answers", form);
    const { verb, path } = form.dataset;
    const request = asRequest(verb, path, found);
    const sentToken = token;
    button.setAttribute("aria-busy", "true");
    place.replaceChildren(note(say("calling")));
    try {
      const { verb: method, url, body, files } = request;
      show(place, await send(method, url, body, sentToken, files), form, sentToken);
    } catch (error) {
      place.replaceChildren(note(say("noAnswer", { reason: error.message })));
    } finally {
      button.removeAttribute("aria-busy");
    }
    place.scrollIntoView({ block: "nearest" });
  }

  function note(text) {
    const paragraph = document.createElement("p");
    paragraph.className = "quiet";
    paragraph.setAttribute("role", "status");
    paragraph.textContent = text;
    return paragraph;
  }

  function prepare() {
    for (const form of $$("form.call")) {
      showSnippets(form);
      form.addEventListener("input", () => showSnippets(form));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        call(form);
      });
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const text = $("pre", button.closest("figure"));
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = say("copied");
      setTimeout(() => (button.textContent = label), 1500);
    } catch {
      window.getSelection().selectAllChildren(text); // to be copied by hand
    }
  });

  prepare();
})();
