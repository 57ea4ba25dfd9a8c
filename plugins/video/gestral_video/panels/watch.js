import { Follower } from "./follower.js";
import { clock, date, element, fileSize, part } from "./parts.js";
import { badge, showProgress, status } from "./status.js";
import { API, isUnfinished, nameOf, PAGE } from "./videos-api.js";

/** @import { Video } from "./videos-api.js" */

const page = `
  <div class="stack">
    <p><a href="${PAGE}">← All videos</a></p>
    <div class="stack" data-body></div>
    <dialog class="card" aria-labelledby="video-delete">
      <form method="dialog" class="stack">
        <h2 id="video-delete">Delete this video?</h2>
        <p>The video and all its files are gone afterwards. The post stays as it is.</p>
        <p class="row">
          <button class="button danger" value="delete">Delete</button>
          <button class="button" value="" autofocus>Keep it</button>
        </p>
      </form>
    </dialog>
  </div>`;

const body = `
  <div class="watch">
    <header class="stack">
      <h1 tabindex="-1" data-title></h1>
      <p class="row small muted"><span data-badge></span><span data-facts></span></p>
    </header>
    <div class="stage" data-stage-area></div>
    <aside class="stack">
      <section class="card stack" data-chapters hidden><h2>Chapters</h2><ol></ol></section>
      <section class="card stack" data-downloads hidden><h2>Downloads</h2><ul></ul></section>
      <section class="card stack" data-sources hidden><h2>Sources</h2><ul></ul></section>
      <p><button type="button" class="button danger slim" data-delete>Delete this video</button></p>
    </aside>
  </div>`;

const downloads = [
  ["mp4", "Video (MP4)"],
  ["webvtt", "Captions (WebVTT)"],
  ["srt", "Captions (SRT)"],
  ["descriptions", "Descriptions (WebVTT)"],
  ["transcript", "Transcript"],
  ["poster", "Poster"],
];

/** One video: how its making stands, then the player with all that belongs to it. */
export class Watch {
  /**
   * @param {Host} host
   * @param {string} id
   */
  constructor(host, id) {
    this.host = host;
    this.id = id;
    this.root = element(page);
    this.dialog = /** @type {HTMLDialogElement} */ (this.root.querySelector("dialog"));
    this.dialog.addEventListener("close", () => {
      if (this.dialog.returnValue === "delete") this.#delete();
    });
    this.follower = new Follower(
      (_, progress) => {
        const place = this.root.querySelector(".status");
        if (place) showProgress(place, progress);
      },
      () => this.load(),
    );
  }

  async load() {
    this.#draw(await this.host.api(`${API}/${this.id}`));
  }

  close() {
    this.follower.stop();
  }

  /** @param {Video} video */
  #draw(video) {
    document.title = `${nameOf(video)} · Gestral`;
    const made = element(body);
    part(made, "title").textContent = nameOf(video);
    part(made, "badge").replaceWith(badge(video));
    part(made, "facts").textContent = facts(video);
    part(made, "delete").addEventListener("click", () => this.dialog.showModal());
    const stage = part(made, "stage-area");
    if (video.files) {
      const film = player(video, video.files);
      stage.append(film);
      listChapters(made, video, film);
      listDownloads(made, video.files);
    } else {
      const place = status(video, this.host, (changed) => this.#draw(changed));
      place.classList.add("card");
      if (isUnfinished(video)) {
        const note = element(`<p class="muted">You can leave this page: the work goes on.</p>`);
        place.append(note);
      }
      stage.append(place);
    }
    listSources(made, video);
    part(this.root, "body").replaceChildren(made);
    if (isUnfinished(video)) this.follower.follow(this.id);
    else this.follower.forget(this.id);
  }

  async #delete() {
    try {
      await this.host.api(`${API}/${this.id}`, { method: "DELETE" });
      this.host.notify("The video is deleted.", "success");
      this.host.navigate(PAGE);
    } catch (error) {
      this.host.notify(/** @type {Problem} */ (error).message, "error");
    }
  }
}

/** @param {Video} video */
function facts(video) {
  const size = video.size ? `${video.width}×${video.height} · ${fileSize(video.size)}` : "";
  const length = video.duration ? clock(video.duration) : "";
  return [length, size, date(video.created_at)].filter(Boolean).join(" · ");
}

/**
 * @param {Video} video
 * @param {Record<string, string>} files
 */
function player(video, files) {
  const film = document.createElement("video");
  Object.assign(film, {
    controls: true,
    playsInline: true,
    preload: "metadata",
    poster: files.poster,
    src: files.mp4,
  });
  film.ariaLabel = nameOf(video);
  const track = textTrack("captions", "Captions", files.webvtt, video);
  // Captions that are in the picture already would be shown twice.
  track.default = video.captions === "off";
  film.append(
    track,
    textTrack("descriptions", "Descriptions", files.descriptions, video),
    textTrack("chapters", "Chapters", files.chapter_track, video),
  );
  return film;
}

/**
 * A text track, which browsers and screen readers use as they can.
 *
 * @param {string} kind
 * @param {string} label
 * @param {string} src
 * @param {Video} video
 */
function textTrack(kind, label, src, video) {
  const track = document.createElement("track");
  Object.assign(track, { kind, label, src, srclang: video.language });
  return track;
}

/**
 * @param {Element} root
 * @param {Video} video
 * @param {HTMLVideoElement} film
 */
function listChapters(root, video, film) {
  if (video.chapters.length < 2) return;
  const section = part(root, "chapters");
  section.hidden = false;
  const buttons = video.chapters.map(({ title, start }) => {
    const item = element(
      `<li><button type="button" class="chapter"><span></span><time></time></button></li>`,
    );
    /** @type {Element} */ (item.querySelector("span")).textContent = title;
    /** @type {Element} */ (item.querySelector("time")).textContent = clock(start);
    section.querySelector("ol")?.append(item);
    const button = /** @type {HTMLElement} */ (item.querySelector("button"));
    button.addEventListener("click", () => {
      film.currentTime = start;
      film.play();
    });
    return button;
  });
  film.addEventListener("timeupdate", () => {
    const now = video.chapters.findLastIndex(({ start }) => start <= film.currentTime);
    buttons.forEach((button, index) => button.setAttribute("aria-current", `${index === now}`));
  });
}

/**
 * @param {Element} root
 * @param {Record<string, string>} files
 */
function listDownloads(root, files) {
  const section = part(root, "downloads");
  section.hidden = false;
  for (const [name, title] of downloads) {
    const item = element(`<li><a download></a></li>`);
    const link = /** @type {HTMLAnchorElement} */ (item.firstElementChild);
    link.href = files[`${name}_download`] ?? files[name];
    link.textContent = title;
    section.querySelector("ul")?.append(item);
  }
}

/**
 * @param {Element} root
 * @param {Video} video
 */
function listSources(root, video) {
  if (!video.sources.length) return;
  const section = part(root, "sources");
  section.hidden = false;
  for (const { kind, address, credit, licence } of video.sources) {
    const item = element(`<li><span></span><small class="muted"></small></li>`);
    const name = credit || address.replace(/^upload:|^file:.*\//, "");
    if (/^https?:/.test(address)) {
      const link = element(`<a target="_blank" rel="noopener noreferrer"></a>`);
      link.setAttribute("href", address);
      link.textContent = name;
      item.firstElementChild?.append(link);
    } else /** @type {Element} */ (item.firstElementChild).textContent = name;
    const about = [kind, licence].filter(Boolean).join(" · ");
    /** @type {Element} */ (item.lastElementChild).textContent = about;
    section.querySelector("ul")?.append(item);
  }
}
