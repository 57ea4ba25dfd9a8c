/**
 * Makes an element of markup. Only constant markup goes in here: what people wrote is set as
 * `textContent` afterwards.
 *
 * @param {string} markup
 */
export function element(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup.trim();
  return /** @type {HTMLElement} */ (template.content.firstElementChild);
}

/**
 * Returns the part of an element that is marked with `data-<name>`.
 *
 * @param {Element} root
 * @param {string} name
 */
export function part(root, name) {
  return /** @type {HTMLElement} */ (root.querySelector(`[data-${name}]`));
}

/**
 * Writes seconds as `1:05` or `1:01:05`.
 *
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Writes a number of bytes for people.
 *
 * @param {number} bytes
 */
export function fileSize(bytes) {
  return `${(bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 })} MB`;
}

/**
 * Writes a moment as a date.
 *
 * @param {string} moment ISO 8601
 */
export function date(moment) {
  return new Date(moment).toLocaleDateString(undefined, { dateStyle: "medium" });
}
