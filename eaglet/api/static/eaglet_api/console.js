// The console's script: search, opening resources, the access token, and calls.
//
// The app secret is sent once and not kept. The access token is kept in a variable of this
// script: never in a URL, in storage, or on the page. Of the last calls the tab keeps what was sent,
// without secrets, in its session storage.
"use strict";

(() => {
  const CALL_SECONDS = 60;
  const CALLS_KEPT = 10;
  const CALLS = "eaglet-calls";
  const LONGEST_KEPT = 4000; // characters of a call's parameters
  const LONGEST_COLOURED = 300_000; // characters of JSON
  const SECRET =
    /secret|token|passw|pwd|authorization|cookie|credential|api[_-]?key|private|signature|session/i;
  const SHOWN_HEADERS = ["WWW-Authenticate", "Allow", "Retry-After", "X-Request-ID"];
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const texts = JSON.parse($("#texts").textContent);
  const { tokenPath, tokenState, service, index, home, query } = document.body.dataset;
  const wide = window.matchMedia("(min-width: 56.25rem)");

  const say = (name, values = {}) =>
    texts[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

  // An element of a class, with text or elements in it.
  function make(tag, className = "", ...inside) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...inside);
    return element;
  }

  // The list of resources, and searching it

  const search = $("#search");
  let resources = [];
  let links = [];

  const badges = (verbs) =>
    make("span", "verbs", ...verbs.flatMap((verb) => [make("span", `verb ${verb}`, verb), " "]));

  async function list() {
    const response = await fetch(index, { credentials: "same-origin" });
    if (!response.ok) return;
    resources = await response.json();
    const apps = new Map();
    links = resources.map((resource) => {
      const { app, name, verbs, text } = resource;
      resource.url = `${home}${app}/${name}/${query}`;
      resource.words = `${app}.${name} ${verbs.join(" ")} ${text}`.toLowerCase();
      const link = make("a", "", make("span", "name", make("span", "unseen", `${app}.`), name));
      link.append(badges(verbs));
      link.href = resource.url;
      link.dataset.resource = `${app}.${name}`;
      if (!apps.has(app)) {
        const section = make("section", "", make("h2", "", app), make("ul"));
        apps.set(app, section);
        $("#list").append(section);
      }
      $("ul", apps.get(app)).append(make("li", "", link));
      return link;
    });
    $("#none").hidden = resources.length > 0;
    markCurrent();
    overview();
    filter();
  }

  // On the home page the same, with what each is for.
  function overview() {
    $("#overview")?.replaceChildren(
      ...resources.map(({ app, name, verbs, summary, url }) => {
        const link = make("a", "", `${app}.${name}`);
        link.href = url;
        link.dataset.list = "";
        return make("div", "", make("dt", "", link), make("dd", "", badges(verbs), summary));
      }),
    );
  }

  function markCurrent() {
    for (const link of links) {
      if (new URL(link.href).pathname === window.location.pathname) {
        link.setAttribute("aria-current", "page");
      } else link.removeAttribute("aria-current");
    }
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = $("#overview")?.children;
    let count = 0;
    for (const [number, resource] of resources.entries()) {
      const found = words.every((word) => resource.words.includes(word));
      links[number].parentElement.hidden = !found;
      if (shown) shown[number].hidden = !found;
      count += found;
    }
    for (const section of $$(".list section")) {
      section.hidden = !$("li:not([hidden])", section);
    }
    if (shown) $("#overview").hidden = !count;
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
    if (push) history.pushState(null, "", url);
    $("#resource").replaceChildren(...$("#resource", page).childNodes);
    document.title = page.title;
    document.body.classList.toggle("open", page.body.classList.contains("open"));
    markCurrent();
    overview();
    filter();
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
  let over; // the timer of its end
  const tokenPanel = $("#token");

  // Only what the service itself has said to be good is held, and shown so.
  function holdToken(given, state, until = null) {
    token = given;
    clearTimeout(over);
    if (given && until) {
      const left = until * 1000 - Date.now();
      // A longer one than a timer can wait for ends when the service says so.
      if (left < 2 ** 31) over = setTimeout(() => holdToken(null, say("tokenOver")), left);
    }
    tokenPanel.classList.toggle("held", Boolean(given));
    $("#token-state").textContent = state;
    $("#forget").hidden = !given;
    $("#token-error").hidden = true;
  }

  function holdTokenOf(given, app, until) {
    const time = until && new Date(until * 1000).toLocaleTimeString(
      document.documentElement.lang, { hour: "2-digit", minute: "2-digit" },
    );
    holdToken(given, time ? say("haveToken", { app, time }) : say("haveEndless", { app }), until);
    tokenPanel.open = false;
    $("summary", tokenPanel).focus();
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
      holdTokenOf(data.access_token, key, Date.now() / 1000 + data.expires_in);
    } else {
      holdToken(null, say("noToken"));
      const reason = answer.status === 401 ? say("explainSecret") : explanation(answer, {}, null);
      refuseToken(reason);
      $("#app-secret").focus();
    }
  });
  $("#paste-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const pasted = $("#pasted").value.trim();
    if (!pasted) return;
    holdToken(null, say("checking"));
    try {
      const response = await fetch(tokenState, {
        headers: { Authorization: `Bearer ${pasted}` },
        cache: "no-store",
        credentials: "same-origin",
      });
      if (response.ok) {
        const { app, until } = await response.json();
        $("#pasted").value = "";
        holdTokenOf(pasted, app, until);
        return;
      }
      holdToken(null, say("noToken"));
      refuseToken(response.status === 401 ? say("badToken") : `HTTP ${response.status}`);
    } catch (error) {
      holdToken(null, say("noToken"));
      refuseToken(say("noAnswer", { reason: error.message }));
    }
    $("#pasted").focus();
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
    if (envelope === null) $(".envelope", result).textContent = answer.text;
    else showJson($(".envelope", result), envelope);
    place.replaceChildren(result);
    if (status === 401 && sentToken && sentToken === token) holdToken(null, say("tokenOver"));
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
      const answer = await send(method, url, body, sentToken, files);
      show(place, answer, form, sentToken);
      keepCall(form, found, answer);
    } catch (error) {
      place.replaceChildren(note(say("noAnswer", { reason: error.message })));
    } finally {
      button.removeAttribute("aria-busy");
    }
    place.scrollIntoView({ block: "nearest" });
  }

  function note(text) {
    const paragraph = make("p", "quiet", text);
    paragraph.setAttribute("role", "status");
    return paragraph;
  }

  // JSON in colours, to be folded

  function leaf(value) {
    const kind = value === null ? "null" : typeof value;
    return make("span", `json-${kind}`, JSON.stringify(value));
  }

  function node(value, indent) {
    if (value === null || typeof value !== "object") return leaf(value);
    const isList = Array.isArray(value);
    const entries = Object.entries(value);
    const [opened, closed] = isList ? "[]" : "{}";
    if (!entries.length) return make("span", "", opened + closed);
    const fold = make("button", "fold");
    fold.type = "button";
    fold.tabIndex = -1;
    fold.setAttribute("aria-expanded", "true");
    fold.setAttribute("aria-label", say("fold"));
    const inside = make("span", "inside");
    const deeper = `${indent}  `;
    for (const [number, [name, one]] of entries.entries()) {
      inside.append(`\n${deeper}`);
      if (!isList) inside.append(make("span", "json-key", JSON.stringify(name)), ": ");
      inside.append(node(one, deeper), number < entries.length - 1 ? "," : "");
    }
    inside.append(`\n${indent}`);
    const size = make("span", "folded", ` ${entries.length} `);
    return make("span", "node", fold, opened, inside, size, closed);
  }

  const whole = new WeakMap(); // the text to be copied, whatever is folded

  function showJson(place, value) {
    const text = JSON.stringify(value, null, 2);
    whole.set(place, text);
    if (text.length > LONGEST_COLOURED) place.textContent = text;
    else place.replaceChildren(node(value, ""));
    const first = $(".fold", place);
    if (first) first.tabIndex = 0;
  }

  document.addEventListener("click", (event) => {
    const fold = event.target.closest(".fold");
    if (!fold) return;
    const isOpen = fold.getAttribute("aria-expanded") === "true";
    fold.setAttribute("aria-expanded", String(!isOpen));
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".fold")) return;
    const folds = $$(".fold", event.target.closest("pre")).filter((one) => one.offsetParent);
    event.preventDefault();
    folds[folds.indexOf(event.target) + step]?.focus();
  });

  // The shape of an answer, from its schema

  function shape(schema, root, indent, seen) {
    if (schema.$ref) {
      const name = schema.$ref.split("/").pop();
      const found = root.components?.schemas?.[name];
      if (!found || seen.includes(name)) return [make("span", "json-key", name)];
      return shape(found, root, indent, [...seen, name]);
    }
    const parts = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (parts) {
      const mark = schema.allOf ? " & " : " | ";
      return parts.flatMap((one, number) => [
        ...(number ? [mark] : []), ...shape(one, root, indent, seen),
      ]);
    }
    if (schema.enum || "const" in schema) {
      return (schema.enum ?? [schema.const]).flatMap((one, number) => [
        ...(number ? [" | "] : []), leaf(one),
      ]);
    }
    const kinds = [schema.type ?? (schema.properties ? "object" : "any")].flat();
    const several = kinds.slice(1).map((kind) => ` | ${kind}`);
    const deeper = `${indent}  `;
    if (kinds[0] === "object" && schema.properties) {
      const lines = Object.entries(schema.properties).flatMap(([name, one]) => {
        const mark = schema.required?.includes(name) ? ": " : "?: ";
        const told = one.description?.split("\n")[0];
        return [
          `\n${deeper}`, make("span", "json-key", name), mark, ...shape(one, root, deeper, seen),
          ...(told ? [make("span", "json-note", `  // ${told}`)] : []),
        ];
      });
      return ["{", ...lines, `\n${indent}}`, ...several];
    }
    if (kinds[0] === "object" && typeof schema.additionalProperties === "object") {
      return ["{ ", make("span", "json-key", "…"), ": ",
        ...shape(schema.additionalProperties, root, indent, seen), " }", ...several];
    }
    if (kinds[0] === "array" && schema.prefixItems) {
      const items = schema.prefixItems.flatMap((one, number) => [
        ...(number ? [", "] : []), ...shape(one, root, indent, seen),
      ]);
      return ["[", ...items, "]", ...several];
    }
    if (kinds[0] === "array") {
      return ["[ ", ...shape(schema.items ?? {}, root, indent, seen), " … ]", ...several];
    }
    const { format, minimum, maximum, minLength, maxLength } = schema;
    const [least, most] = [minimum ?? minLength, maximum ?? maxLength];
    const limits = least ?? most ?? null;
    const range = limits === null ? "" : ` (${least ?? ""}..${most ?? ""})`;
    return [make("span", "json-type", (format ?? kinds[0]) + range), ...several];
  }

  // The last calls

  // What is kept of parameters: nothing under a secret name, however deep.
  const withoutSecrets = (value) => {
    if (Array.isArray(value)) return value.map(withoutSecrets);
    if (value === null || typeof value !== "object") return value;
    const kept = Object.entries(value).filter(([name]) => !SECRET.test(name));
    return Object.fromEntries(kept.map(([name, one]) => [name, withoutSecrets(one)]));
  };

  function calls() {
    try {
      return JSON.parse(sessionStorage.getItem(CALLS)) ?? [];
    } catch {
      return []; // no storage, or somebody else's
    }
  }

  function keepCall(form, { params, secrets }, { status, envelope, milliseconds }) {
    const named = Object.entries(params).filter(([name]) => !secrets.includes(name));
    const sent = withoutSecrets(Object.fromEntries(named));
    const { name, verb } = form.dataset;
    const call = {
      name, verb, status, code: envelope?.code ?? null, ms: Math.round(milliseconds), at: Date.now(),
      params: JSON.stringify(sent).length > LONGEST_KEPT ? {} : sent,
    };
    try {
      sessionStorage.setItem(CALLS, JSON.stringify([call, ...calls()].slice(0, CALLS_KEPT)));
    } catch { /* no storage */ }
    showCalls();
  }

  function showCalls() {
    const kept = calls();
    $("#calls").hidden = !kept.length;
    $("#calls-title").textContent = say("lastCalls", { count: kept.length });
    $("#calls ol").replaceChildren(...kept.map((one) => {
      const isGood = one.status === 200 && one.code === 200;
      const time = new Date(one.at).toLocaleTimeString(document.documentElement.lang);
      const button = make(
        "button", "plain", make("span", `verb ${one.verb}`, one.verb), " ",
        make("span", "name", one.name), " ",
        make("span", isGood ? "good" : "bad", `HTTP ${one.status}`), " ",
        make("span", "quiet", `${one.ms} ms · ${time}`),
      );
      button.type = "button";
      button.addEventListener("click", () => again(one));
      return make("li", "", button);
    }));
  }

  async function again({ name, verb, params }) {
    const [app] = name.split(".", 1);
    await open(`${home}${app}/${name.slice(app.length + 1)}/${query}`);
    const form = $$("form.call").find((one) => one.dataset.verb === verb);
    if (!form) return;
    const others = { ...params };
    for (const field of $$("[name]", form)) {
      if (!(field.name in others) || field.type === "file") continue;
      field.value = asText(others[field.name]);
      delete others[field.name];
    }
    if (Object.keys(others).length) {
      $("[data-others]", form).value = JSON.stringify(others);
      $(".other", form).open = true;
    }
    form.closest("details").open = true;
    showSnippets(form);
    $("[type=submit]", form).focus();
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
    for (const place of $$("[data-schema]")) {
      const schema = JSON.parse(place.dataset.schema);
      place.replaceChildren(...shape(schema, schema, "", []));
    }
    for (const place of $$("[data-example]")) showJson(place, JSON.parse(place.dataset.example));
    $("#fold-all")?.addEventListener("click", ({ target }) => {
      const operations = $$("details.operation");
      const isOpen = !operations.some((one) => one.open);
      for (const one of operations) one.open = isOpen;
      target.textContent = say(isOpen ? "foldAll" : "unfoldAll");
    });
  }

  // Copying

  async function copy(text) {
    if (navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch { /* not allowed */ }
    }
    // Over plain HTTP there is no clipboard but by the old way.
    const field = make("textarea", "unseen");
    field.value = text;
    document.body.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    return isDone;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const text = $("pre", button.closest("figure"));
    const label = (button.dataset.label ??= button.textContent);
    const isDone = await copy(whole.get(text) ?? text.textContent);
    button.focus();
    button.textContent = say(isDone ? "copied" : "copyFailed");
    $("#said").textContent = button.textContent;
    if (!isDone) window.getSelection().selectAllChildren(text);
    setTimeout(() => {
      button.textContent = label;
      $("#said").textContent = "";
    }, 1500);
  });

  prepare();
  showCalls();
  list();
})();
