import { API } from "./videos-api.js";

/** @import { Progress } from "./videos-api.js" */

/** A browser opens six connections to a server over HTTP/1.1, for all tabs together. */
const MOST_STREAMS = 2;
const PAUSE = 3000;
const FINAL = ["done", "failed", "cancelled"];

/**
 * Follows the videos that are being made, through server-sent events: the first few at a time, and
 * none while the page is hidden. The browser takes up a lost connection by itself.
 */
export class Follower {
  /** @type {Map<string, EventSource | null>} */
  #streams = new Map();
  #balance = () => this.balance();

  /**
   * @param {(id: string, progress: Progress) => void} onProgress
   * @param {(id: string) => void} onEnd Nothing more will be told of this video.
   */
  constructor(onProgress, onEnd) {
    this.onProgress = onProgress;
    this.onEnd = onEnd;
    document.addEventListener("visibilitychange", this.#balance);
  }

  /** @param {string} id */
  follow(id) {
    if (!this.#streams.has(id)) this.#streams.set(id, null);
    this.balance();
  }

  /** @param {string} id */
  forget(id) {
    this.#streams.get(id)?.close();
    this.#streams.delete(id);
    this.balance();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.#balance);
    for (const stream of this.#streams.values()) stream?.close();
    this.#streams.clear();
  }

  balance() {
    [...this.#streams].forEach(([id, stream], index) => {
      const wanted = !document.hidden && index < MOST_STREAMS;
      if (wanted && !stream) this.#streams.set(id, this.#open(id));
      if (!wanted && stream) {
        stream.close();
        this.#streams.set(id, null);
      }
    });
  }

  /** @param {string} id */
  #open(id) {
    const stream = new EventSource(`${API}/${id}/events`);
    stream.addEventListener("progress", (event) => {
      const progress = JSON.parse(event.data);
      if (FINAL.includes(progress.state)) this.#end(id);
      else this.onProgress(id, progress);
    });
    stream.addEventListener("error", () => {
      // Refused, not just interrupted: have its state read, but not at once and for ever.
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => this.#end(id), PAUSE);
    });
    return stream;
  }

  /** @param {string} id */
  #end(id) {
    if (!this.#streams.has(id)) return;
    this.forget(id);
    this.onEnd(id);
  }
}
