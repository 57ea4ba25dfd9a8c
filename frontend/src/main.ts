import { api } from "./api";
import { HOST_VERSION, type ApiInit, type Host, type Identity, type Panel } from "./host";
import { notify } from "./notices";
import { mount } from "./panels";

interface ShellView {
  version: string;
  identity: Identity | null;
  panels: Panel[];
}

const app = document.querySelector<HTMLElement>("#app")!;
let shell: ShellView = { version: "", identity: null, panels: [] };
let shown: Panel | "settings" | null = null;

const host: Host = {
  version: HOST_VERSION,
  get identity() {
    return shell.identity;
  },
  notify,
  refresh,
  navigate(path) {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  },
  async api(path: string, init?: ApiInit) {
    try {
      return await api(path, init);
    } catch (error) {
      if (shell.identity && (error as { status?: number }).status === 401) {
        notify("You have been signed out. Sign in to go on.");
        await refresh();
      }
      throw error;
    }
  },
};

async function refresh(): Promise<void> {
  try {
    shell = await api("/api/v1/core/shell");
  } catch (error) {
    app.replaceChildren(fragment("unreachable"));
    app.querySelector("[data-reason]")!.textContent = (error as Error).message;
    app.querySelector("button")!.addEventListener("click", () => void refresh());
    return;
  } finally {
    app.removeAttribute("aria-busy");
  }
  shown = null;
  if (shell.identity) drawFrame(shell.identity);
  await drawPage();
}

function drawFrame(identity: Identity): void {
  app.replaceChildren(fragment("frame"));
  const links = pages().map((page) => link(pathOf(page), page.title));
  app.querySelector("nav")!.append(...links, link("/settings", "Settings"));
  app.querySelector("[data-who]")!.textContent = identity.name || identity.email;
}

async function drawPage(): Promise<void> {
  if (!shell.identity) return drawSignIn();
  const first = pages()[0];
  if (location.pathname === "/") history.replaceState(null, "", first ? pathOf(first) : "/settings");
  const page = here();
  for (const anchor of app.querySelectorAll("nav a")) {
    const path = anchor.getAttribute("href")!;
    if (isBelow(location.pathname, path)) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  // A page that is already there follows its own paths.
  if (page && page === shown) return;
  const isFirst = shown === null;
  shown = page;
  document.title = `${page === "settings" ? "Settings" : (page?.title ?? "Not found")} · Gestral`;
  const main = app.querySelector<HTMLElement>("main")!;
  if (page === "settings") await drawSettings(main);
  else if (page) await mount(page, newSection(main), host);
  else main.replaceChildren(fragment("not-found"));
  if (!isFirst) main.focus();
}

async function drawSettings(main: HTMLElement): Promise<void> {
  main.replaceChildren(fragment("settings"));
  main.querySelector("[data-version]")!.textContent = shell.version;
  const mounted = panelsIn("settings").map((panel) => {
    const section = document.createElement("section");
    section.ariaLabel = panel.title;
    main.append(section);
    return mount(panel, section, host);
  });
  await Promise.all(mounted);
}

/** Each page gets a place of its own: one that arrives late finds its place gone, and stays out. */
function newSection(main: HTMLElement): HTMLElement {
  const section = document.createElement("div");
  main.replaceChildren(section);
  return section;
}

async function drawSignIn(): Promise<void> {
  if (app.querySelector("[data-sign-in]")) return;
  document.title = "Sign in · Gestral";
  app.replaceChildren(fragment("welcome"));
  const place = app.querySelector<HTMLElement>("[data-sign-in]")!;
  const panels = panelsIn("sign-in");
  if (!panels.length) place.replaceChildren(fragment("nobody-signs-in"));
  for (const panel of panels) {
    const section = document.createElement("section");
    place.append(section);
    await mount(panel, section, host);
  }
}

const panelsIn = (slot: Panel["slot"]) => shell.panels.filter((panel) => panel.slot === slot);
const pages = () => panelsIn("page");
const pathOf = (panel: Panel) => `/${panel.plugin}/${panel.name}`;
const isBelow = (path: string, root: string) => path === root || path.startsWith(`${root}/`);

function here(): Panel | "settings" | null {
  if (location.pathname === "/settings") return "settings";
  return pages().find((page) => isBelow(location.pathname, pathOf(page))) ?? null;
}

function link(path: string, text: string): HTMLAnchorElement {
  const anchor = document.createElement("a");
  anchor.href = path;
  anchor.textContent = text;
  return anchor;
}

function fragment(name: string): DocumentFragment {
  const template = document.querySelector<HTMLTemplateElement>(`template#${name}`)!;
  return template.content.cloneNode(true) as DocumentFragment;
}

/** Links within the application change the page without loading it anew. */
function followLink(event: MouseEvent): void {
  const anchor = (event.target as Element).closest("a");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (!anchor || !plain || event.defaultPrevented || anchor.target || anchor.download) return;
  if (anchor.origin !== location.origin || anchor.getAttribute("href")!.startsWith("#")) return;
  if (isBelow(anchor.pathname, "/api") || isBelow(anchor.pathname, "/files")) return;
  event.preventDefault();
  host.navigate(anchor.pathname + anchor.search);
  scrollTo(0, 0);
}

document.addEventListener("click", followLink);
addEventListener("popstate", () => void drawPage());
addEventListener("unhandledrejection", (event) => {
  notify(event.reason instanceof Error ? event.reason.message : "Something went wrong.", "error");
});
void refresh();
