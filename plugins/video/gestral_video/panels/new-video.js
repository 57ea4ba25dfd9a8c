import { element, part } from "./parts.js";
import { API } from "./videos-api.js";

/** @import { Video } from "./videos-api.js" */

const markup = `
  <form class="card stack new-video" aria-label="New video">
    <div class="field">
      <label for="video-address">Make a video of a post</label>
      <div class="address">
        <input class="input" id="video-address" name="address" inputmode="url" autocomplete="off"
          autocapitalize="none" spellcheck="false" maxlength="2000" required
          placeholder="https://your.blog/post">
        <button class="button primary">Make video</button>
      </div>
    </div>
    <p class="error" role="alert" tabindex="-1"></p>
    <div class="options">
      <fieldset class="choice">
        <legend>Length</legend>
        <div>
          <label><input type="radio" name="mode" value="highlights" checked>Highlights</label>
          <label><input type="radio" name="mode" value="full">Whole post</label>
          <label><input type="radio" name="mode" value="outline">Outline</label>
          <label><input type="radio" name="mode" value="teaser">Teaser</label>
        </div>
      </fieldset>
      <fieldset class="choice">
        <legend>Captions in the picture</legend>
        <div>
          <label><input type="radio" name="captions" value="karaoke" checked>Word by word</label>
          <label><input type="radio" name="captions" value="lines">Line by line</label>
          <label><input type="radio" name="captions" value="off">Off</label>
        </div>
      </fieldset>
      <fieldset class="choice">
        <legend>Format</legend>
        <div>
          <label><input type="radio" name="format" value="16:9" checked>Wide 16:9</label>
          <label><input type="radio" name="format" value="9:16">Tall 9:16</label>
        </div>
      </fieldset>
      <div class="file">
        <label class="muted small" for="video-file">Or of a file (.html, .md, .txt)</label>
        <p class="row">
          <input type="file" id="video-file" name="file" accept=".html,.htm,.md,.markdown,.txt">
          <button type="button" class="link-button small" data-remove hidden>Remove</button>
        </p>
      </div>
    </div>
  </form>`;

/**
 * Makes the form that asks for a new video.
 *
 * @param {Host} host
 * @param {(video: Video) => void} onMade
 */
export function newVideo(host, onMade) {
  const form = /** @type {HTMLFormElement} */ (element(markup));
  const [address, file] = /** @type {HTMLInputElement[]} */ (
    ["address", "file"].map((name) => form.elements.namedItem(name))
  );
  const button = /** @type {HTMLButtonElement} */ (form.querySelector(".primary"));
  const error = /** @type {HTMLElement} */ (form.querySelector(".error"));
  const remove = part(form, "remove");

  const chooseSource = () => {
    const isFile = Boolean(file.files?.length);
    address.disabled = isFile;
    remove.hidden = !isFile;
  };
  const reset = () => {
    address.value = file.value = "";
    chooseSource();
  };
  file.addEventListener("change", chooseSource);
  remove.addEventListener("click", () => {
    file.value = "";
    chooseSource();
    address.focus();
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    error.textContent = "";
    button.disabled = true;
    try {
      onMade(await send(host, new FormData(form), Boolean(file.files?.length)));
      reset();
    } catch (thrown) {
      const problem = /** @type {Problem} */ (thrown);
      error.textContent = [problem.message, problem.hint].filter(Boolean).join(" ");
      error.focus();
    } finally {
      button.disabled = false;
    }
  });
  return form;
}

/**
 * @param {Host} host
 * @param {FormData} form
 * @param {boolean} isFile
 * @returns {Promise<Video>}
 */
function send(host, form, isFile) {
  if (isFile) return host.api(`${API}/file`, { form });
  form.delete("file");
  const given = String(form.get("address")).trim();
  // People paste addresses as browsers show them, without the scheme.
  form.set("address", given.includes("://") ? given : `https://${given}`);
  return host.api(API, { json: Object.fromEntries(form) });
}
