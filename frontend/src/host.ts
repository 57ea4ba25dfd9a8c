/**
 * What the shell hands to a panel: the whole of what a panel may rely on.
 *
 * A panel is an ES module that defines the custom element `gestral-<plugin>-<name>`. Its class
 * says `static hostVersion = 1`. The shell sets `element.host` before it mounts the element, in
 * the page itself (no shadow root), so that the shell's stylesheet applies: use its classes
 * (`card`, `button`, `field`, ...) and its custom properties (`--ink`, `--accent`, ...).
 *
 * A page owns its path `/<plugin>/<name>` and all below it. Whenever the path changes, `popstate`
 * is dispatched on `window`, whoever changed it.
 */
export const HOST_VERSION = 1;

export interface Host {
  readonly version: typeof HOST_VERSION;
  /** Who is signed in, or null. */
  readonly identity: Identity | null;
  /**
   * Calls the server and returns the parsed answer, null when it has no content.
   *
   * @throws {Problem} The server refused, or could not be reached.
   */
  api(path: string, init?: ApiInit): Promise<any>;
  /** Shows a message: an error stays until it is dismissed. */
  notify(text: string, kind?: NoticeKind): void;
  /** Goes to another path of the application. */
  navigate(path: string): void;
  /** Asks the server again who is signed in and which panels there are, and redraws. */
  refresh(): Promise<void>;
}

export interface ApiInit {
  method?: string;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as a form with files. */
  form?: FormData;
  signal?: AbortSignal;
}

/** A refusal of the server, as problem details (RFC 9457). `message` is for people. */
export interface Problem extends Error {
  /** The HTTP status; 0 when the server could not be reached. */
  status: number;
  /** A stable identifier, such as `invalid-input`. */
  code: string;
  /** What to do about it, or empty. */
  hint: string;
  /** What is wrong with single fields. */
  errors: { field: string; message: string }[];
}

export type NoticeKind = "info" | "success" | "error";

export interface Identity {
  user_id: string;
  organisation_id: string;
  name: string;
  email: string;
  permissions: string[];
}

export interface Panel {
  plugin: string;
  name: string;
  title: string;
  slot: "page" | "sign-in" | "settings";
  module: string;
  element: string;
}
