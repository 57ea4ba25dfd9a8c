import { HOST_VERSION, type Host, type Panel } from "./host";

type PanelElement = HTMLElement & { host: Host };
type PanelClass = { new (): PanelElement; hostVersion?: unknown };

/** Mounts a panel. One that is missing, broken or too new leaves a message in its place. */
export async function mount(panel: Panel, place: HTMLElement, host: Host): Promise<void> {
  place.setAttribute("aria-busy", "true");
  try {
    const element = await create(panel);
    element.host = host;
    place.replaceChildren();
    appendOrThrow(place, element);
  } catch (error) {
    console.warn(`The panel ${panel.element} cannot be shown.`, error);
    place.replaceChildren(explanation(panel, error));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

async function create(panel: Panel): Promise<PanelElement> {
  await import(/* @vite-ignore */ new URL(panel.module, location.origin).href);
  const PanelClass = customElements.get(panel.element) as PanelClass | undefined;
  if (!PanelClass) throw new Error(`${panel.module} does not define <${panel.element}>.`);
  if (PanelClass.hostVersion !== HOST_VERSION) {
    throw new Error(
      `It was made for version ${String(PanelClass.hostVersion)} of the panel interface; ` +
        `this is version ${HOST_VERSION}.`,
    );
  }
  return new PanelClass();
}

/** Appends an element. What its `connectedCallback` throws goes to `window`, not to the caller. */
function appendOrThrow(place: HTMLElement, element: HTMLElement): void {
  const failures: unknown[] = [];
  const listen = (event: ErrorEvent) => {
    failures.push(event.error);
    event.preventDefault();
  };
  addEventListener("error", listen);
  place.append(element);
  removeEventListener("error", listen);
  if (failures.length) throw failures[0];
}

function explanation(panel: Panel, error: unknown): HTMLElement {
  const card = document.createElement("div");
  card.className = "card stack";
  card.setAttribute("role", "alert");
  const heading = document.createElement("h1");
  heading.textContent = `“${panel.title}” cannot be shown`;
  const text = document.createElement("p");
  text.textContent =
    `This part comes from the plugin “${panel.plugin}”, and the plugin failed. ` +
    "Everything else goes on working. Load the page again, or tell whoever runs this platform:";
  const reason = document.createElement("p");
  reason.className = "muted";
  reason.textContent = error instanceof Error ? error.message : String(error);
  card.append(heading, text, reason);
  return card;
}
