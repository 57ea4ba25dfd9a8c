import type { NoticeKind } from "./host";

const SHOWN_FOR = 7000;

/** Shows a message in the corner; screen readers say it. Only errors stay until dismissed. */
export function notify(text: string, kind: NoticeKind = "info"): void {
  const notice = document.createElement("div");
  notice.className = `notice notice-${kind}`;
  notice.setAttribute("role", kind === "error" ? "alert" : "status");
  const words = document.createElement("p");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon-button";
  close.ariaLabel = "Dismiss";
  close.textContent = "×";
  close.addEventListener("click", () => notice.remove());
  notice.append(words, close);
  document.querySelector("#notices")!.append(notice);
  if (kind !== "error") setTimeout(() => notice.remove(), SHOWN_FOR);
}
