import { element, part } from "./parts.js";
import { API, isUnfinished } from "./videos-api.js";

/** @import { Progress, Video } from "./videos-api.js" */

const working = `
  <div class="stack status">
    <p class="row"><strong data-stage></strong><span class="muted small" data-count></span></p>
    <progress></progress>
    <p><button type="button" class="button slim" data-act>Cancel</button></p>
  </div>`;

const stopped = `
  <div class="stack status">
    <p class="error" data-reason></p>
    <p><button type="button" class="button slim" data-act>Try again</button></p>
  </div>`;

const badges = {
  waiting: `<span class="badge busy">In the making</span>`,
  working: `<span class="badge busy">In the making</span>`,
  ready: `<span class="badge good">Ready</span>`,
  failed: `<span class="badge bad">Failed</span>`,
  cancelled: `<span class="badge">Cancelled</span>`,
};

/** @param {Video} video */
export const badge = (video) => element(badges[video.state]);

/**
 * Makes the part that tells how the making stands and offers what can be done: cancel, try again.
 *
 * @param {Video} video Not ready.
 * @param {Host} host
 * @param {(video: Video) => void} onChange Told how it stands after a button was pressed.
 */
export function status(video, host, onChange) {
  const unfinished = isUnfinished(video);
  const made = element(unfinished ? working : stopped);
  if (unfinished) showProgress(made, video);
  else part(made, "reason").textContent = video.reason;
  const button = /** @type {HTMLButtonElement} */ (part(made, "act"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const path = `${API}/${video.id}/${unfinished ? "cancel" : "retry"}`;
      await host.api(path, { method: "POST" });
      onChange(await host.api(`${API}/${video.id}`));
    } catch (error) {
      host.notify(/** @type {Problem} */ (error).message, "error");
      button.disabled = false;
    }
  });
  return made;
}

/**
 * @param {Element} place Made by `status`.
 * @param {Progress} progress
 */
export function showProgress(place, { state, stage, done, total }) {
  const waits = state === "waiting" || state === "queued";
  const name = stage || (waits ? "Waiting for its turn" : "Starting");
  part(place, "stage").textContent = name;
  const isMany = total > 100;
  const count = isMany ? `${Math.floor((100 * done) / total)} %` : `${done} of ${total}`;
  part(place, "count").textContent = total ? count : "";
  const bar = /** @type {HTMLProgressElement} */ (place.querySelector("progress"));
  bar.ariaLabel = name;
  if (total) {
    bar.max = total;
    bar.value = done;
  } else bar.removeAttribute("value");
}
