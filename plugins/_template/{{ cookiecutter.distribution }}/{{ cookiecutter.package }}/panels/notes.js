/** The page of notes: mounted by the shell, which sets `host` first. */
class Notes extends HTMLElement {
  static hostVersion = 1;

  #list = document.createElement("ul");

  connectedCallback() {
    const title = document.createElement("h1");
    title.textContent = "Notes";
    this.#list.className = "card stack";
    this.replaceChildren(title, this.#form(), this.#list);
    this.#load();
  }

  #form() {
    const form = document.createElement("form");
    form.className = "row";
    const text = document.createElement("input");
    text.className = "input";
    text.required = true;
    text.setAttribute("aria-label", "A note");
    const button = document.createElement("button");
    button.className = "button";
    button.textContent = "Leave it";
    form.append(text, button);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const note = { text: text.value };
      if (await this.#ask("{{ cookiecutter.name }}/notes", { method: "POST", json: note })) {
        form.reset();
        await this.#load();
      }
    });
    return form;
  }

  async #load() {
    const page = await this.#ask("{{ cookiecutter.name }}/notes");
    const items = (page?.items ?? []).map((note) => {
      const item = document.createElement("li");
      item.textContent = note.text;
      return item;
    });
    this.#list.replaceChildren(...items);
  }

  /** Call the server; a refusal is shown, and nothing is returned. */
  async #ask(path, init) {
    try {
      return await this.host.api(`/api/v1/${path}`, init);
    } catch (problem) {
      this.host.notify(problem.message, "error");
      return undefined;
    }
  }
}

customElements.define("{{ cookiecutter.distribution }}-notes", Notes);
