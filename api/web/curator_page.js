// For who looks after the archive: jobs as they run, spaces with their licences, models and their gate, the last report.

import { h, replace, styled } from "./dom.js";
import { Refused, askAsCurator, curatorKey, keepCuratorKey } from "./graphql.js";
import { followed, hasEnded } from "./job_progress.js";
import { announce, filled, saidOf } from "./states.js";
import { texts } from "./texts.js";
import { moment } from "./time.js";

const JOBS = 12;
// Each stream takes one of the few connections that a browser has for a server.
const STREAMS = 3;
const LOOK_MS = 4000;
const CLOSED = new Set(["CURATOR_ONLY", "NOT_A_CURATOR", "TOKEN_INVALID"]);

export async function show(parameters, context) {
  const { page, titled } = context;
  const leaving = new AbortController();
  const signal = AbortSignal.any([context.signal, leaving.signal]);
  // Anew, as somebody else or after a change: what followed the jobs until now ends.
  const again = () => {
    leaving.abort();
    void show(parameters, context);
  };
  const read = async () => {
    try {
      const [{ jobs }, { spaces }, { models }, { evaluationReport }] = await Promise.all([
        ...["jobs", "spaces", "models", "report"].map((name) => askAsCurator(name, name === "jobs" ? { first: JOBS } : {}, { signal })),
        styled("curator"),
      ]);
      return { jobs, spaces, models, report: evaluationReport };
    } catch (error) {
      if (error instanceof Refused && CLOSED.has(error.code)) return { closed: error };
      throw error;
    }
  };
  const draw = (found) => {
    requestAnimationFrame(() => titled(texts.curators));
    const heading = h("div", { class: "heading" }, h("h1", { tabindex: "-1" }, texts.curatorTitle), curatorKey() && forget(again));
    if (found.closed) return [heading, keyForm(found.closed, again)];
    return [
      heading,
      h(
        "div",
        { class: "curator" },
        section(texts.jobs, "jobs", jobList(found.jobs, signal)),
        section(texts.spaces, "spaces", spaceList(found.spaces, signal)),
        section(texts.models, "models", modelList(found.models, again)),
        section(texts.report, "report", reportOf(found.report)),
      ),
    ];
  };
  await filled(page, read, draw, signal);
}

function section(title, name, content) {
  return h("section", { class: `curator-${name}`, "aria-labelledby": `curator-${name}` }, h("h2", { id: `curator-${name}` }, title), content);
}

function keyForm(error, again) {
  const input = h("input", { type: "password", id: "curator-key", autocomplete: "off", required: true });
  const use = (event) => {
    event.preventDefault();
    keepCuratorKey(input.value.trim());
    again();
  };
  return h(
    "form",
    { class: "state", onsubmit: use },
    h("p", { class: "state-title" }, texts.keyNeeded),
    h("p", {}, texts.keyHelp),
    curatorKey() && h("p", { class: "problem", role: "alert" }, error.message),
    h("label", { for: "curator-key" }, texts.key),
    input,
    h("button", { type: "submit", class: "button main" }, texts.keyUse),
  );
}

function forget(again) {
  const leave = () => {
    keepCuratorKey(null);
    again();
  };
  return h("button", { type: "button", class: "link", onclick: leave }, texts.keyForget);
}

// --- Jobs --------------------------------------------------------------------

/** Rows that change as the jobs do; new jobs appear by themselves. */
function jobList(page, signal) {
  const rows = new Map();
  const list = h("ul", { class: "plain jobs" });
  const none = h("p", { class: "note" }, texts.jobsNone);
  const more = h("button", { type: "button", class: "button", onclick: () => void readMore() }, texts.more);
  const following = new Set();
  let after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;

  function put(job, isNew) {
    let row = rows.get(job.id);
    if (!row) {
      row = jobRow(job.id, signal, () => void look());
      rows.set(job.id, row);
      if (isNew) list.prepend(row.element);
      else list.append(row.element);
    }
    row.tell(job);
    if (!hasEnded(job) && !following.has(job.id) && following.size < STREAMS) void stream(job.id);
  }

  async function stream(id) {
    following.add(id);
    try {
      const job = await followed(id, (told) => rows.get(id).tell(told), signal);
      announce(`${texts.jobKind[job.kind] ?? job.kind}: ${texts.jobStatus[job.status]}`);
    } catch {
      // Looked at with the others from now on.
    } finally {
      following.delete(id);
    }
  }

  async function look() {
    try {
      const { jobs } = await askAsCurator("jobs", { first: JOBS }, { signal });
      for (const job of jobs.nodes.toReversed()) put(job, true);
    } catch {
      // The banner says that the archive is away.
    }
    show();
  }

  async function readMore() {
    try {
      const { jobs } = await askAsCurator("jobs", { first: 50, after }, { signal });
      for (const job of jobs.nodes) put(job, false);
      after = jobs.pageInfo.hasNextPage ? jobs.pageInfo.endCursor : null;
    } catch (error) {
      if (!signal.aborted) announce(saidOf(error));
    }
    show();
  }

  function show() {
    more.hidden = !after;
    none.hidden = rows.size > 0;
  }

  for (const job of page.nodes) put(job, false);
  show();
  const timer = setInterval(() => document.hidden || void look(), LOOK_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
  return [none, list, more];
}

function jobRow(id, signal, changed) {
  const name = h("span", { class: "job-name" });
  const about = h("span", { class: "job-about" });
  const bar = h("progress", { max: 1, value: "0" });
  const count = h("span", { class: "job-count" });
  const error = h("p", { class: "job-error", hidden: true });
  const act = h("button", { type: "button", class: "button", hidden: true });
  const element = h("li", { class: "job", "data-job": id }, h("div", { class: "job-head" }, name, about, act), h("div", { class: "job-line" }, bar, count), error);
  let action = null;
  act.addEventListener("click", async () => {
    act.disabled = true;
    try {
      await askAsCurator(action, { id }, { signal });
      changed();
    } catch (problem) {
      error.hidden = false;
      error.textContent = saidOf(problem);
    }
    act.disabled = false;
  });

  function tell(job) {
    const title = texts.jobKind[job.kind] ?? job.kind;
    element.dataset.status = job.status;
    name.textContent = title;
    const when = job.finishedAt ?? job.startedAt;
    about.textContent = [texts.jobStatus[job.status], when && moment(when), job.current].filter(Boolean).join(" · ");
    bar.setAttribute("aria-label", title);
    if (job.total) {
      bar.max = job.total;
      bar.value = job.done + job.failed;
    } else if (hasEnded(job)) {
      bar.max = 1;
      bar.value = 1;
    } else bar.removeAttribute("value");
    count.textContent = [texts.jobProgress(job.done, job.total), job.failed && texts.jobFailed(job.failed)].filter(Boolean).join(", ");
    error.hidden = !job.error;
    error.textContent = job.error ?? "";
    action = hasEnded(job) ? (job.status === "SUCCEEDED" && !job.failed ? null : "retry_job") : "cancel_job";
    act.hidden = !action;
    act.textContent = action === "retry_job" ? texts.retryJob : texts.cancelJob;
  }
  return { element, tell };
}

// --- Spaces ------------------------------------------------------------------

function spaceList(spaces, signal) {
  if (!spaces.length) return h("p", { class: "note" }, texts.spacesNone);
  return h("ul", { class: "plain cards" }, spaces.map((space) => spaceCard(space, signal)));
}

function spaceCard(space, signal) {
  const told = h("p", { class: "help", role: "status" }, space.map ? texts.mapped(space.map.method, moment(space.map.madeAt)) : "");
  const button = h("button", { type: "button", class: "button", onclick: draw, disabled: !space.trackCount }, space.map ? texts.drawAgain : texts.drawMap);
  async function draw() {
    button.disabled = true;
    told.textContent = texts.drawing;
    try {
      const { drawMap } = await askAsCurator("draw_map", { space: space.name }, { signal });
      const job = await followed(drawMap.id, () => {}, signal);
      told.textContent = job.error ?? texts.jobStatus[job.status];
    } catch (error) {
      if (!signal.aborted) told.textContent = saidOf(error);
    }
    button.disabled = false;
  }
  const licence = `${space.licence ?? texts.licenceUnknown}; ${texts.commercial(space.commercialUse)}`;
  return h(
    "li",
    { class: "card" },
    h("h3", {}, space.name),
    h("p", {}, [texts.trackCount(space.trackCount), texts.dimensions(space.dimension), texts.spaceState[space.state]].join(" · ")),
    h("p", { class: space.commercialUse === false ? "licence narrow" : "licence" }, `${texts.licence}: ${licence}`),
    h("p", { class: "help" }, space.revision),
    told,
    button,
  );
}

// --- Models ------------------------------------------------------------------

function modelList(models, again) {
  if (!models.length) return h("p", { class: "note" }, texts.modelsNone);
  return h("ul", { class: "plain cards" }, models.map((model) => modelCard(model, again)));
}

function modelCard(model, again) {
  const problem = h("p", { class: "job-error", role: "alert" });
  const hot = model.metrics.filter((metric) => metric.part === "hot");
  const most = Math.max(...hot.map(({ ndcg }) => ndcg.high), 1e-9);
  const promote = async () => {
    try {
      await askAsCurator("promote_model", { id: model.id });
      again();
    } catch (error) {
      replace(problem, saidOf(error));
    }
  };
  return h(
    "li",
    { class: "card" },
    h("h3", {}, model.name),
    h("p", {}, [model.strategy, model.space?.name, texts.modelStatus[model.status], model.trainedAt && moment(model.trainedAt)].filter(Boolean).join(" · ")),
    model.verdict && h("p", { class: "verdict" }, model.verdict),
    model.simulated && h("p", { class: "licence narrow" }, texts.modelSimulated),
    hot.length > 0 && h("table", { class: "measured" }, h("caption", {}, texts.ndcg), h("tbody", {}, hot.map((metric) => measured(metric, most)))),
    (model.status === "CANDIDATE" || model.status === "RETIRED") && h("button", { type: "button", class: "button", onclick: promote }, texts.promote),
    problem,
  );
}

function measured({ way, ndcg }, most) {
  const interval = `${ndcg.estimate.toFixed(3)} (${ndcg.low.toFixed(3)} – ${ndcg.high.toFixed(3)})`;
  const bar = h("span", { class: "measured-bar" });
  bar.style.width = `${(100 * ndcg.estimate) / most}%`;
  return h("tr", {}, h("th", { scope: "row" }, way), h("td", { class: "measured-line", "aria-hidden": "true" }, bar), h("td", {}, interval));
}

// --- The report --------------------------------------------------------------

function reportOf(report) {
  if (!report) return h("p", { class: "note" }, texts.reportNone);
  return h(
    "p",
    {},
    h("a", { class: "button", href: report.url, target: "_blank", rel: "noopener" }, texts.reportOpen),
    " ",
    h("span", { class: "help" }, texts.reportOf(moment(report.writtenAt))),
  );
}
