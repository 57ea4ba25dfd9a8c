import { List } from "./list.js";
import { element } from "./parts.js";
import { PAGE } from "./videos-api.js";
import { Watch } from "./watch.js";

const styles = new CSSStyleSheet();
styles.replaceSync(await (await fetch(new URL("./videos.css", import.meta.url))).text());
document.adoptedStyleSheets.push(styles);

/** The page `/video/videos`, and below it `/video/videos/<id>` for each video. */
class Videos extends HTMLElement {
  static hostVersion = 1;

  /** @type {Host} */ host;
  /** @type {List | Watch | null} */ view = null;
  path = "";
  follow = () => this.draw();

  connectedCallback() {
    addEventListener("popstate", this.follow);
    this.draw();
  }

  disconnectedCallback() {
    removeEventListener("popstate", this.follow);
    this.view?.close();
  }

  async draw() {
    const { pathname } = location;
    if (pathname === this.path || !pathname.startsWith(PAGE)) return;
    const isFirst = !this.path;
    this.path = pathname;
    this.view?.close();
    const id = pathname.slice(PAGE.length + 1);
    const view = id ? new Watch(this.host, id) : new List(this.host);
    this.view = view;
    document.title = "Videos · Gestral";
    this.replaceChildren(view.root);
    try {
      await view.load();
    } catch (error) {
      this.explain(/** @type {Problem} */ (error));
    }
    if (!isFirst && this.view === view) this.querySelector("h1")?.focus();
  }

  /** @param {Problem} problem */
  explain(problem) {
    const card = element(`
      <div class="card stack" role="alert">
        <h1 tabindex="-1"></h1><p></p><p><a class="button" href="${PAGE}">All videos</a></p>
      </div>`);
    const isMissing = problem.status === 404;
    const [title, text] = /** @type {Element[]} */ ([...card.children]);
    title.textContent = isMissing ? "There is no such video" : "The videos cannot be shown";
    text.textContent = isMissing
      ? "It may have been deleted, or belongs to another organisation."
      : [problem.message, problem.hint].filter(Boolean).join(" ");
    this.replaceChildren(card);
    this.path = "?";
  }
}

customElements.define("gestral-video-videos", Videos);
