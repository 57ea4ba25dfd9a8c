import { Follower } from "./follower.js";
import { newVideo } from "./new-video.js";
import { clock, date, element, part } from "./parts.js";
import { badge, showProgress, status } from "./status.js";
import { API, isUnfinished, nameOf, originOf, PAGE } from "./videos-api.js";

/** @import { Progress, Video } from "./videos-api.js" */

const page = `
  <div class="stack">
    <h1 tabindex="-1">Videos</h1>
    <ul class="videos" aria-label="Videos"></ul>
    <p class="empty" hidden>Your videos will be here. Paste the address of a post to make one.</p>
    <p><button type="button" class="button" data-more hidden>Show more</button></p>
  </div>`;

const card = `
  <li class="card video">
    <a class="poster" data-poster tabindex="-1" aria-hidden="true"></a>
    <div class="stack about">
      <h2><a data-title></a></h2>
      <p class="row small muted"><span data-badge></span><span data-facts></span></p>
      <div data-status></div>
    </div>
  </li>`;

/** The form for a new video and the organisation's videos, the newest first. */
export class List {
  /** @type {Map<string, HTMLElement>} */
  cards = new Map();

  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.root = element(page);
    this.list = /** @type {HTMLElement} */ (this.root.querySelector("ul"));
    this.more = part(this.root, "more");
    this.list.before(newVideo(host, (video) => this.#added(video)));
    this.follower = new Follower(
      (id, progress) => this.#progressed(id, progress),
      (id) => this.#ended(id),
    );
  }

  async load(cursor = "") {
    const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
    const { items, next } = await this.host.api(`${API}${query}`);
    for (const video of items) this.#place(video, "append");
    // The oldest is made first.
    for (const video of items.toReversed()) if (isUnfinished(video)) this.follower.follow(video.id);
    this.more.hidden = !next;
    this.more.onclick = () => this.load(next);
    this.#tellWhenEmpty();
  }

  close() {
    this.follower.stop();
  }

  /** @param {Video} video Just ordered, or the one that the same order made before. */
  #added(video) {
    this.#place(video, "prepend");
    this.#tellWhenEmpty();
    if (!isUnfinished(video)) return this.host.notify("You have this video already.");
    this.follower.follow(video.id);
    this.host.notify("Your video is being made. You can leave this page meanwhile.");
  }

  /**
   * @param {string} id
   * @param {Progress} progress
   */
  #progressed(id, progress) {
    const place = this.cards.get(id)?.querySelector(".status");
    if (place) showProgress(place, progress);
  }

  /** @param {string} id */
  async #ended(id) {
    const video = await this.host.api(`${API}/${id}`);
    this.#changed(video);
    if (video.state === "ready") this.host.notify(`“${nameOf(video)}” is ready.`, "success");
  }

  /** @param {Video} video */
  #changed(video) {
    this.#place(video, "append");
    if (isUnfinished(video)) this.follower.follow(video.id);
    else this.follower.forget(video.id);
  }

  /**
   * Draws a card, in the place of the one that is there for this video.
   *
   * @param {Video} video
   * @param {"append" | "prepend"} where
   */
  #place(video, where) {
    const drawn = this.#card(video);
    const before = this.cards.get(video.id);
    this.cards.set(video.id, drawn);
    if (!before) return this.list[where](drawn);
    const hadFocus = before.contains(document.activeElement);
    before.replaceWith(drawn);
    if (hadFocus) part(drawn, "title").focus();
  }

  /** @param {Video} video */
  #card(video) {
    const made = element(card);
    const [title, poster] = /** @type {HTMLAnchorElement[]} */ (
      ["title", "poster"].map((name) => part(made, name))
    );
    title.href = poster.href = `${PAGE}/${video.id}`;
    title.textContent = nameOf(video);
    if (video.files) {
      const image = document.createElement("img");
      Object.assign(image, { src: video.files.poster, alt: "", loading: "lazy" });
      poster.append(image);
    } else poster.textContent = originOf(video);
    part(made, "badge").replaceWith(badge(video));
    const length = video.duration ? `${clock(video.duration)} · ` : "";
    part(made, "facts").textContent = length + date(video.created_at);
    if (video.state !== "ready") {
      const place = status(video, this.host, (changed) => this.#changed(changed));
      part(made, "status").replaceWith(place);
    }
    return made;
  }

  #tellWhenEmpty() {
    const empty = /** @type {HTMLElement} */ (this.root.querySelector(".empty"));
    empty.hidden = this.cards.size > 0;
  }
}
