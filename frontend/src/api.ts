import type { ApiInit, Problem } from "./host";

class ServerProblem extends Error implements Problem {
  override name = "Problem";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint = "",
    readonly errors: Problem["errors"] = [],
  ) {
    super(message);
  }
}

export async function api(path: string, init: ApiInit = {}): Promise<any> {
  const { json, form, signal = null } = init;
  const headers = new Headers({ Accept: "application/json" });
  if (json !== undefined) headers.set("Content-Type", "application/json");
  const body = json === undefined ? (form ?? null) : JSON.stringify(json);
  const method = init.method ?? (body === null ? "GET" : "POST");
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ServerProblem(
      0,
      "unreachable",
      "The server cannot be reached.",
      "Check your connection and try again.",
    );
  }
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : null;
  throw problemOf(response.status, text);
}

function problemOf(status: number, text: string): ServerProblem {
  try {
    const { code, detail, title, hint, errors } = JSON.parse(text);
    return new ServerProblem(status, code ?? "", detail ?? title, hint, errors);
  } catch {
    // A proxy in between may answer without a problem document.
    return new ServerProblem(status, "", `The server answered with the error ${status}.`);
  }
}
